import type { StepContext, StepPlan } from "../plan.ts";
import type { MethodDescription, SettingValues } from "../settings.ts";

/** A zeroth-order method: what it says of itself, and what it does in a step. */
export interface Method {
  readonly description: MethodDescription;
  /** Share of each matrix's weights that are too large to move, 0..1; 0: all move. */
  sparsity(settings: SettingValues): number;
  /** Defaults that hang on other settings; they stand before those of the descriptions. */
  usual?(given: Readonly<Record<string, unknown>>): SettingValues;
  /** Refuses settings that contradict each other. @throws ZerothError E-CFG-1 */
  check(settings: SettingValues): void;
  plan(settings: SettingValues, context: StepContext): StepPlan;
}
