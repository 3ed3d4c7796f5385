import type { Commands } from "./commands.ts";

/** Commands that leave out every kernel whose label is not wanted. */
export function onlySome(pass: Commands, isWanted: (label: string) => boolean): Commands {
  let isOn = false;
  return {
    setPipeline(pipeline) {
      isOn = isWanted(pipeline.label);
      if (isOn) pass.setPipeline(pipeline);
    },
    setBindGroup(index: number, group: GPUBindGroup | null | undefined) {
      if (isOn) pass.setBindGroup(index, group);
    },
    dispatchWorkgroups(x, y, z) {
      if (isOn) pass.dispatchWorkgroups(x, y, z);
    },
  };
}
