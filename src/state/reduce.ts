import type { EvaluationRecord, StepRecord } from "#run/store/records.ts";
import type { EngineEvent } from "#session/protocol.ts";
import type { DataReport, RunReport, RunSummary } from "#session/reports.ts";
import { appendEvaluation, appendSteps, EMPTY_SERIES, type RunSeries } from "./charts/runSeries.ts";
import { isHubEvent, reduceHub } from "./hub/hub.ts";
import type { AppState, CommandType } from "./store.ts";

/** The state after an event. */
export function reduce(state: AppState, event: EngineEvent): AppState {
  if (isHubEvent(event)) return { ...state, hub: reduceHub(state.hub, event) };
  if (event.type === "memory") return { ...state, memory: event.memory };
  if (event.type === "kernels") return { ...state, kernels: event.kernels };
  if (event.type === "live") return withLive(state, event.runId);
  switch (event.type) {
    case "device":
      return { ...state, device: event.device };
    case "catalogue":
      return { ...state, catalogue: event.catalogue };
    case "progress":
      return { ...state, progress: event.progress };
    case "model":
      return withModel(state, event.model);
    case "data":
      return withData(state, event.data);
    case "rowPreview":
      return { ...state, rowPreview: event.preview };
    case "runs":
      return { ...state, runs: event.runs };
    case "run":
      return withReport(state, event.run);
    case "prediction":
      return { ...state, prediction: event.prediction };
    case "written":
      return { ...state, writing: event.writing };
    case "deleted":
      return withoutRun(state, event.runId, event.freedBytes);
    case "notice":
      return withNotice(state, event);
    case "steps":
      return withSeries(state, event.runId, (series) => appendSteps(series, event.steps));
    case "evaluation":
      return withSeries(state, event.runId, (series) => appendEvaluation(series, event.evaluation));
    case "history":
      return withSeries(state, event.runId, () => seriesOf(event.steps, event.evaluations));
    case "learningRates":
      return { ...state, probe: event.probe };
    case "sparsity":
      return { ...state, sparsity: { ...state.sparsity, [event.runId]: event.sparsity } };
    case "examples":
      return { ...state, examples: { ...state.examples, [event.runId]: event.examples } };
    case "travelled":
      return { ...state, travelled: { ...state.travelled, [event.runId]: event.evaluation } };
    case "imported":
      return { ...state, imported: event.imported };
    case "shared":
      return { ...state, share: event.share };
    case "bundle":
      return withBundle(state, event.runId, event.isAsRecorded);
    case "done":
    case "failed":
    case "file":
    case "loss":
    case "copied":
    case "timeEstimate":
      return state;
    default:
      return event satisfies never;
  }
}

/** A run that came in a bundle is open now, and looked at. */
function withBundle(state: AppState, runId: string, isAsRecorded: boolean | null): AppState {
  return {
    ...state,
    bundles: { ...state.bundles, [runId]: isAsRecorded },
    place: { name: "run", runId },
  };
}

function seriesOf(
  steps: readonly StepRecord[],
  evaluations: readonly EvaluationRecord[],
): RunSeries {
  return evaluations.reduce(appendEvaluation, appendSteps(EMPTY_SERIES, steps));
}

function withModel(state: AppState, model: AppState["model"]): AppState {
  return { ...state, model, memory: null, prediction: null, writing: null, probe: null };
}

function withData(state: AppState, data: DataReport | null): AppState {
  // What is being typed right now is newer than the report it overtook.
  const taskDraft = state.isTaskPending ? state.taskDraft : (data?.task ?? null);
  return { ...state, data, probe: null, rowPreview: null, taskDraft };
}

/** The state while a command is on its way: counted, its last refusal forgotten. */
export function withSent(state: AppState, type: CommandType): AppState {
  return {
    ...state,
    pending: { ...state.pending, [type]: (state.pending[type] ?? 0) + 1 },
    failures: { ...state.failures, [type]: undefined },
  };
}

export function withSettled(state: AppState, type: CommandType): AppState {
  return {
    ...state,
    pending: { ...state.pending, [type]: Math.max(0, (state.pending[type] ?? 0) - 1) },
  };
}

/** Runs whose curves are kept; beyond, the one read longest ago goes and is read again when needed. */
const MAX_SERIES = 12;

function withSeries(
  state: AppState,
  runId: string,
  change: (series: RunSeries) => RunSeries,
): AppState {
  const series = change(state.series[runId] ?? EMPTY_SERIES);
  return trimmed({ ...state, series: { ...state.series, [runId]: series } }, runId);
}

/** The state without the curves and the report of the oldest run that nobody looks at, if too many. */
function trimmed(state: AppState, newest: string): AppState {
  const ids = Object.keys(state.series);
  if (ids.length <= MAX_SERIES) return state;
  const { place, liveRunId } = state;
  const kept = new Set([newest, liveRunId]);
  if (place.name === "run") kept.add(place.runId);
  if (place.name === "compare") for (const id of place.runIds) kept.add(id);
  const oldest = ids.find((id) => !kept.has(id));
  return oldest === undefined ? state : withoutCurves(state, oldest);
}

function withReport(state: AppState, report: RunReport): AppState {
  const { record } = report;
  const before = state.reports[record.id];
  const isLive = record.id === state.liveRunId;
  const next: AppState = {
    ...state,
    reports: { ...state.reports, [record.id]: report },
    runs: state.runs && withRecord(state.runs, report),
    // A warning about the loss ends with a run that recovered from it.
    notices:
      record.status === "finished"
        ? state.notices.filter((notice) => notice.runId !== record.id)
        : state.notices,
    // What was answered was answered by other weights.
    ...(isLive && before && hasMoved(before, report) ? { prediction: null, writing: null } : {}),
  };
  // Only the run that was started: others may be looked at meanwhile.
  if (!state.isStarting || !isLive || before) return next;
  return { ...next, isStarting: false, place: { name: "run", runId: record.id } };
}

function hasMoved(before: RunReport, after: RunReport): boolean {
  return before.travelledTo !== after.travelledTo || before.record.step !== after.record.step;
}

function withRecord(runs: readonly RunSummary[], { record }: RunReport): readonly RunSummary[] {
  if (runs.some((summary) => summary.record.id === record.id)) {
    return runs.map((summary) =>
      summary.record.id === record.id ? { ...summary, record } : summary,
    );
  }
  return runs;
}

/** What weights answered goes with the run whose they were. */
function withLive(state: AppState, liveRunId: string | null): AppState {
  if (state.liveRunId === liveRunId) return state;
  return { ...state, liveRunId, prediction: null, writing: null };
}

function withoutRun(state: AppState, runId: string, freedBytes: number): AppState {
  return {
    ...withoutCurves(state, runId),
    runs: state.runs?.filter(({ record }) => record.id !== runId) ?? null,
    lastFreedBytes: freedBytes,
  };
}

function withoutCurves(state: AppState, runId: string): AppState {
  return {
    ...state,
    reports: without(state.reports, runId),
    series: without(state.series, runId),
    sparsity: without(state.sparsity, runId),
    travelled: without(state.travelled, runId),
    examples: without(state.examples, runId),
  };
}

function without<Value>(
  byId: Readonly<Record<string, Value>>,
  runId: string,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(byId).filter(([id]) => id !== runId));
}

function withNotice(
  state: AppState,
  { kind, failure, runId }: Omit<AppState["notices"][number], "key">,
): AppState {
  const key = (state.notices.at(-1)?.key ?? 0) + 1;
  // The newest word on a matter replaces the one before: a store that is full says so at every write.
  const standing = state.notices.filter((notice) => notice.failure.code !== failure.code);
  const notice = { key, kind, failure, ...(runId !== undefined && { runId }) };
  return { ...state, notices: [...standing, notice].slice(-4) };
}
