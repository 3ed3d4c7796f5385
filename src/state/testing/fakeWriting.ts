import type { WritingRequest } from "#run/evaluation/writingRequest.ts";
import type { EngineEvent } from "#session/protocol.ts";
import type { SideReport, WritingReport } from "#session/reports.ts";

const TEXTS = {
  after: " wonderful, and the story moved me to tears. I would see it again.",
  before: " the first of the two parts that the other half of it was made of",
};

/** A made-up text by either model, a word at a time; what is returned ends it early. */
export function fakeWriting(
  request: WritingRequest,
  tickMs: number,
  emit: (event: EngineEvent) => void,
  onEnd: () => void,
): () => void {
  let writing: WritingReport = { request, before: null, after: null };
  const tell = (side: keyof typeof TEXTS, words: number, isCancelled = false) => {
    const all = TEXTS[side].split(/(?= )/).slice(0, request.maxNewTokens);
    const isWhole = words >= all.length;
    const ending: SideReport["ending"] = isCancelled ? "cancelled" : isWhole ? "end token" : null;
    const report: SideReport = {
      text: all.slice(0, words).join(""),
      tokens: Math.min(words, all.length),
      ending,
      tokensPerSecond: words > 1 ? 1000 / tickMs : null,
      cutTokens: 0,
    };
    writing = { ...writing, [side]: report };
    emit({ type: "written", writing });
    return ending !== null;
  };
  let side: keyof typeof TEXTS = "after";
  let words = 0;
  const end = () => {
    clearInterval(ticker);
    onEnd();
  };
  const ticker = setInterval(() => {
    words += 1;
    if (!tell(side, words)) return;
    if (side === "before") end();
    [side, words] = ["before", 0];
  }, tickMs);
  return () => {
    tell(side, words, true);
    end();
  };
}
