import { toFailure } from "#base/errors.ts";
import { commands } from "./commands.ts";
import type { Environment } from "./environment.ts";
import { onLiveGpu } from "./liveGpu.ts";
import type { Command, CommandOf, CommandType } from "./protocol.ts";
import { createState, type SessionState } from "./state.ts";
import { newsOf } from "./storedRuns.ts";

/** The engine behind page and command line: takes commands, emits events. */
export interface Session {
  /** Emits exactly one `done` or `failed` with the command's id, after every event it caused. */
  handle(command: Command): Promise<void>;
}

export function createSession(env: Environment): Session {
  const session = createState(env);
  env.tabs.onAsk((question) => newsOf(session, question));
  return {
    async handle(command) {
      const endProgress = () => {
        if (commands[command.type].policy === "background") return;
        env.emit({ type: "progress", progress: null });
      };
      try {
        await run(session, command);
        endProgress();
        env.emit({ type: "done", id: command.id });
      } catch (error) {
        endProgress();
        env.emit({ type: "failed", id: command.id, failure: toFailure(error) });
      }
    },
  };
}

async function run<K extends CommandType>(
  session: SessionState,
  command: CommandOf<K>,
): Promise<void> {
  const { schedule } = session;
  const { policy, handler } = commands[command.type];
  const act = () => handler(session, command);
  switch (policy) {
    case "immediate":
    case "background":
      return act();
    case "exclusive":
      schedule.rejectWhileTraining();
      return schedule.inOrder(act);
    case "gpu":
      schedule.rejectWhileTraining();
      return schedule.inOrder(() =>
        onLiveGpu(session, () => {
          schedule.resetCancel();
          return act();
        }),
      );
    case "training":
      schedule.rejectWhileTraining();
      return schedule.train(() => {
        schedule.resetCancel();
        return onLiveGpu(session, act);
      });
    default:
      return policy satisfies never;
  }
}
