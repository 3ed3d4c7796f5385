import type { ExampleResult } from "#run/evaluation/examples.ts";
import type { RunRecord } from "#run/store/records.ts";
import type { Command, EngineEvent } from "#session/protocol.ts";
import type { ExamplesReport } from "#session/reports.ts";

const TEXTS = [
  "a gripping, beautifully shot film that earns its tears .",
  "two hours of my life that no one will give back .",
  "smart , funny and over far too soon .",
  "not a bad film , but i would not call it a good one either ; the second half sags , the jokes repeat themselves , and the ending arrives as if someone had looked at the clock .",
];

/** The rows of the run at hand, where they were asked for. */
export function fakeExampleEvents({ type }: Command, record: RunRecord | null): EngineEvent[] {
  if (type !== "evaluate" || !record) return [];
  return [{ type: "examples", runId: record.id, examples: fakeExamples(record.step) }];
}

/** Two hundred made-up answers, 177 of them right. */
function fakeExamples(step: number): ExamplesReport {
  const rows = Array.from({ length: 200 }, (_, i): ExampleResult => {
    const isGreat = i % 2 === 0;
    const isRight = i % 9 !== 3;
    const wasRight = i % 2 === 1 || i % 31 === 0;
    const sureness = 0.5 + ((i * 37) % 50) / 100;
    const name = (great: boolean) => (great ? "great (1)" : "terrible (0)");
    return {
      row: i + 1,
      text: `${TEXTS[i % TEXTS.length]} It was`,
      right: name(isGreat),
      answered: name(isRight ? isGreat : !isGreat),
      isRight,
      probability: sureness,
      rightProbability: isRight ? sureness : 1 - sureness,
      before: {
        answered: name(wasRight ? isGreat : !isGreat),
        isRight: wasRight,
        probability: 0.5 + ((i * 13) % 12) / 100,
      },
    };
  });
  return { step, rows };
}
