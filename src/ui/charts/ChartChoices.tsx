import { Switch } from "@base-ui/react/switch";
import { Toggle } from "@base-ui/react/toggle";
import { ToggleGroup } from "@base-ui/react/toggle-group";
import { X_AXES, X_AXIS_LABELS } from "#state/charts/curves.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import { formatWeight } from "#state/text/format.ts";
import styles from "./Charts.module.css";

export function AxisChoice({ onChange }: { readonly onChange: () => void }) {
  const axis = useAppState((state) => state.preferences.axis);
  const { prefer } = useActions();
  return (
    <ToggleGroup
      className={styles.group}
      aria-label="Horizontal axis"
      value={[axis]}
      onValueChange={([chosen]) => {
        if (!chosen) return;
        onChange();
        void prefer({ axis: chosen });
      }}
    >
      {X_AXES.map((name, index) => (
        <Toggle key={name} value={name} className={styles.toggle} title={`Key ${index + 1}`}>
          {X_AXIS_LABELS[name]}
        </Toggle>
      ))}
    </ToggleGroup>
  );
}

export function Smoothing() {
  const smoothing = useAppState((state) => state.preferences.smoothing);
  const { prefer } = useActions();
  return (
    <label className={styles.slider}>
      Smoothing
      <input
        type="range"
        min={0}
        max={0.99}
        step={0.01}
        value={smoothing}
        onChange={(event) => void prefer({ smoothing: event.target.valueAsNumber })}
      />
      <output>{formatWeight(smoothing)}</output>
    </label>
  );
}

export function LogSwitch() {
  const isLog = useAppState((state) => state.preferences.isLog);
  const { prefer } = useActions();
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the switch renders its own input
    <label className={styles.switchRow} title="Key L">
      <Switch.Root
        className={styles.switchTrack}
        checked={isLog}
        onCheckedChange={(isOn) => void prefer({ isLog: isOn })}
      >
        <Switch.Thumb className={styles.switchThumb} />
      </Switch.Root>
      Log scale
    </label>
  );
}
