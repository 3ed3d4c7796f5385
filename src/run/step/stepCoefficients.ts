import { type BoundKernel, dispatch } from "#gpu/boundKernels.ts";
import { packStruct } from "#gpu/card.ts";
import type { Commands } from "#gpu/commands.ts";
import { coefficients, constants } from "#gpu/kernels.gen.ts";
import { ringRecords } from "#model/buffers.ts";
import { encodePrograms, programWords } from "#model/deltas.ts";
import type { Model } from "#model/model.ts";
import type { StepPlan } from "#zo/plan.ts";

/** The kernel that turns the losses of a step into its coefficients. */
export class StepCoefficients {
  readonly #model: Model;
  readonly #kernel: BoundKernel;
  readonly #epsilon: number;
  readonly #gradientClip: number;

  /** @param gradientClip multiple of the running mean magnitude; 0: not clipped */
  constructor(model: Model, epsilon: number, gradientClip: number) {
    this.#model = model;
    this.#epsilon = epsilon;
    this.#gradientClip = gradientClip;
    const { coefficientState, programs, lossSums, ...buffers } = model.buffers;
    this.#kernel = model.bound.bindUniform(
      model.coefficientsKernel,
      { buffer: coefficientState },
      {
        programs,
        loss_sums: lossSums,
        registers: buffers.registers,
        coefficients: buffers.coefficients,
        ring: buffers.ring,
      },
    );
  }

  /**
   * Uploads the programs of a step, counted from 0.
   *
   * @param count examples, or scored tokens, whose losses are averaged
   */
  write(step: number, plan: StepPlan, decay: number, firstSlot: number, count: number): void {
    const { device, buffers } = this.#model;
    const programs = encodePrograms(plan, decay, firstSlot);
    device.queue.writeBuffer(buffers.programs, 0, programs);
    const params = packStruct(coefficients.params, {
      step: step + 1,
      probes: plan.probes.length,
      programs: programs.length / programWords,
      record: step % ringRecords,
      keeps_anchor: Number(plan.examples === "anchor"),
      count,
      epsilon: this.#epsilon,
      clip: this.#gradientClip,
      is_one_sided: Number(plan.probes.some(({ other }) => other !== undefined)),
    });
    device.queue.writeBuffer(buffers.coefficientState, 0, params);
  }

  record(pass: Commands): void {
    dispatch(pass, this.#kernel, 1);
  }

  /**
   * Sets the registers as earlier steps left them.
   *
   * @param anchorGradient projected gradient of the last anchor
   * @param meanMagnitude running mean of the projected gradients' magnitude, which clipping uses
   */
  restore(anchorGradient: number, meanMagnitude: number): void {
    const { device, buffers } = this.#model;
    const values = new Float32Array(32);
    values[constants.ANCHOR_REGISTER] = anchorGradient;
    if (this.#gradientClip > 0) values[constants.MEAN_ABS_REGISTER] = meanMagnitude;
    device.queue.writeBuffer(buffers.registers, 0, values);
  }
}
