import type { LucideIcon } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import styles from "./Button.module.css";

const KINDS = {
  primary: styles.primary,
  secondary: styles.secondary,
  quiet: styles.quiet,
  danger: styles.danger,
};

interface ButtonProps extends ComponentProps<"button"> {
  readonly kind?: keyof typeof KINDS;
  readonly icon?: LucideIcon;
  readonly children: ReactNode;
}

export function Button({ kind = "secondary", icon: Icon, children, ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} className={`${styles.button} ${KINDS[kind]}`}>
      {Icon && <Icon size="1.1em" aria-hidden="true" />}
      {children}
    </button>
  );
}

interface IconButtonProps extends ComponentProps<"button"> {
  /** Its accessible name, shown as a tooltip too. */
  readonly label: string;
  readonly icon: LucideIcon;
}

export function IconButton({ label, icon: Icon, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={`${styles.button} ${styles.quiet} ${styles.iconOnly}`}
      aria-label={label}
      title={label}
    >
      <Icon size="1.1em" aria-hidden="true" />
    </button>
  );
}
