import type { OtherTabs, RunNews, RunQuestion } from "#session/environment.ts";

type Message =
  | { readonly kind: "question"; readonly id: string; readonly question: RunQuestion }
  | { readonly kind: "news"; readonly id: string; readonly news: RunNews };

/** A tab that trains answers between two steps, which takes a large model seconds. */
const PATIENCE_MS = 5000;

/** The tabs of this page, over a channel that none but this site can hear. */
export function broadcastTabs(channel: BroadcastChannel): OtherTabs {
  const waiting = new Map<string, (news: RunNews) => void>();
  let answer: (question: RunQuestion) => RunNews | null = () => null;
  channel.onmessage = ({ data: message }: MessageEvent<Message>) => {
    if (message.kind === "news") return waiting.get(message.id)?.(message.news);
    const news = answer(message.question);
    if (news) channel.postMessage({ kind: "news", id: message.id, news } satisfies Message);
  };
  return {
    ask: (question) =>
      new Promise((resolve) => {
        const id = crypto.randomUUID();
        const settle = (news: RunNews | null) => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(news);
        };
        const timer = setTimeout(() => settle(null), PATIENCE_MS);
        waiting.set(id, settle);
        channel.postMessage({ kind: "question", id, question } satisfies Message);
      }),
    onAsk: (given) => {
      answer = given;
    },
  };
}
