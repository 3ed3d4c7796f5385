import { CircleCheck, Info, TriangleAlert, X } from "lucide-react";
import type { ReactNode } from "react";
import type { Failure } from "#base/errors.ts";
import { IconButton } from "./Button.tsx";
import styles from "./Notice.module.css";

const KINDS = {
  problem: { look: styles.problem, Icon: TriangleAlert, role: "alert" },
  recovered: { look: styles.recovered, Icon: CircleCheck, role: "status" },
  hint: { look: styles.hint, Icon: Info, role: undefined },
} as const;

interface NoticeProps {
  readonly kind?: keyof typeof KINDS;
  readonly title?: string;
  readonly children: ReactNode;
  /** A code to search for or to report; shown small. */
  readonly code?: string;
  readonly action?: ReactNode;
  readonly onDismiss?: () => void;
}

/** What happened, its code, and what to do about it. The one form of message on the page. */
export function Notice(props: NoticeProps) {
  const { kind = "problem", title, children, code: name, action, onDismiss } = props;
  const { look, Icon, role } = KINDS[kind];
  return (
    <div className={`${styles.notice} ${look}`} role={role}>
      <Icon size="1.25rem" aria-hidden="true" />
      <div className={styles.body}>
        {title && <strong>{title}</strong>}
        <div>
          {children} {name && <code className={styles.code}>{name}</code>}
        </div>
        {action && <div className={styles.actions}>{action}</div>}
      </div>
      {onDismiss && <IconButton icon={X} label="Dismiss" onClick={onDismiss} />}
    </div>
  );
}

interface FailureNoticeProps {
  readonly failure: Failure | null | undefined;
  readonly title?: string;
  readonly action?: ReactNode;
}

/** A refusal in the engine's own words; nothing where nothing failed. */
export function FailureNotice({ failure, ...rest }: FailureNoticeProps) {
  if (!failure) return null;
  return (
    <Notice {...rest} code={failure.code}>
      {failure.message}
    </Notice>
  );
}
