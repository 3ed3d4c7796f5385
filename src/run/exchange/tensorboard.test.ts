import { expect, test } from "vitest";
import { toStepRecords } from "../store/journal.ts";
import { anEvaluation, aRun, steps } from "../testing/runs.ts";
import { eventFile, tensorboardFileName, tensorboardLog } from "./tensorboard.ts";

test("the bytes are those TensorBoard's own writer makes of the same events", () => {
  // tensorboard 2.21.0, RecordWriter.write(Event(...).SerializeToString()) for:
  //   Event(wall_time=1735787045.0, file_version="brain.Event:2")
  //   Event(wall_time=1735787046.5, step=300, summary=Summary(value=[
  //     Value(tag="train/loss", simple_value=0.6875), Value(tag="zo/projected_grad", simple_value=nan)]))
  //   Event(wall_time=1735787047.0, step=0, summary=Summary(value=[
  //     Value(tag="eval/accuracy", simple_value=0.0)]))
  const expected =
    "GAAAAAAAAACjf0siCQAAQImA3dlBGg1icmFpbi5FdmVudDoyO/0n+zsAAAAAAAAAGiOsXAkAAKCJgN3ZQRCsAiotChEK" +
    "CnRyYWluL2xvc3MVAAAwPwoYChF6by9wcm9qZWN0ZWRfZ3JhZBUAAMB/ZlSoTiEAAAAAAAAAAXvs9gkAAMCJgN3ZQSoW" +
    "ChQKDWV2YWwvYWNjdXJhY3kVAAAAAEBC2fg=";
  const bytes = eventFile(1735787045, [
    {
      wallTime: 1735787046.5,
      step: 300,
      values: [
        ["train/loss", 0.6875],
        ["zo/projected_grad", Number.NaN],
      ],
    },
    { wallTime: 1735787047, step: 0, values: [["eval/accuracy", 0]] },
  ]);
  expect(Buffer.from(bytes).toString("base64")).toBe(expected);
});

test("a run's curves are in order of its steps and its file is named after its beginning", () => {
  const record = aRun("a");
  const log = {
    record,
    steps: toStepRecords(steps(1, 3)),
    evaluations: [anEvaluation(0), anEvaluation(2)],
  };
  const content = Buffer.from(tensorboardLog(log)).toString("latin1");
  const tags = [...content.matchAll(/train\/loss|eval\/loss|eval\/accuracy|zo\/projected_grad/g)];
  expect(tags.map(([tag]) => tag)).toEqual(
    [
      ["eval/loss", "eval/accuracy"],
      ["train/loss", "zo/projected_grad"],
      ["train/loss", "zo/projected_grad"],
      ["eval/loss", "eval/accuracy"],
      ["train/loss", "zo/projected_grad"],
    ].flat(),
  );
  expect(tensorboardFileName(record)).toBe("events.out.tfevents.1735787045.zeroth");
});
