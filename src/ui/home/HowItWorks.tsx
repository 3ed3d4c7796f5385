import { ArrowDownRight, Scale, Shuffle } from "lucide-react";
import { Card } from "../parts/Card.tsx";
import styles from "./Home.module.css";

const STEPS = [
  {
    Icon: Shuffle,
    title: "Nudge",
    text: "All weights move a hair along one random direction, once forwards and once backwards.",
  },
  {
    Icon: Scale,
    title: "Compare",
    text: "The model reads the same rows both times. Two losses come out; their difference is the slope.",
  },
  {
    Icon: ArrowDownRight,
    title: "Step",
    text: "The weights move down that slope. No backward pass, so a GPU that can run the model can train it.",
  },
];

export function HowItWorks() {
  return (
    <Card title="How one step works">
      <ol className={styles.steps}>
        {STEPS.map(({ Icon, title, text }) => (
          <li key={title}>
            <Icon size="1.25rem" aria-hidden="true" />
            <div>
              <strong>{title}</strong>
              <p>{text}</p>
            </div>
          </li>
        ))}
      </ol>
    </Card>
  );
}
