import { type VariableInfo, WgslReflect } from "wgsl_reflect/wgsl_reflect.module.js";
import type { Card, ScalarLayout } from "#gpu/card.ts";
import { batchState, passState, roundState } from "../kernels.ts";

/** Structs of `shaders/lib` that the host writes, by the name shaders give them. */
const sharedStructs: Readonly<Record<string, ScalarLayout>> = {
  PassState: passState,
  Batch: batchState,
  Round: roundState,
};

/** In how many ways a card and its linked shader tell different stories; none if they agree. */
export function cardProblems(card: Card, shader: string): string[] {
  const reflect = new WgslReflect(withoutBodies(shader));
  const variables = [...reflect.uniforms, ...reflect.storage];
  variables.sort((a, b) => a.binding - b.binding);
  const params = variables.shift();
  const entryPoints = reflect.entry.compute.map(({ name }) => name);
  const overrides = reflect.overrides.map(({ name }) => name);
  return [
    ...differ("entry points", ["main"], entryPoints),
    ...differ("the binding of params", ["0 params uniform"], params ? [bound(params)] : []),
    ...differ("params", fieldsOf(card.params), params ? membersOf(reflect, params.type.name) : []),
    ...differ(
      "bindings",
      card.bindings.map(({ name, access }, i) => `${i + 1} ${name} ${access}`),
      variables.map(bound),
    ),
    ...differ("overrides", [...card.overrides].sort(), overrides.sort()),
    ...variables.filter(isUniform).flatMap(({ type }) => {
      const layout = sharedStructs[type.name];
      if (!layout) return [`${type.name} is a uniform struct the host does not know`];
      return differ(type.name, fieldsOf(layout), membersOf(reflect, type.name));
    }),
    ...differ(
      "groups other than 0",
      [],
      variables.filter(({ group }) => group !== 0).map(({ name }) => name),
    ),
    ...differ("features", [...(card.features ?? [])], enabled(shader)),
  ];
}

/**
 * A shader with every function's body emptied: declarations are all that is compared, and wgsl_reflect
 * 1.6 takes a variable named `workgroup` for a keyword. By our style, `fn` and the last brace of a
 * function begin a line, or all of it stands on one.
 */
function withoutBodies(shader: string): string {
  return shader.replace(/^(fn [^{]*\{)(?:.*\}$|[\s\S]*?^\})/gm, "$1}");
}

function differ(what: string, card: readonly string[], shader: readonly string[]): string[] {
  if (JSON.stringify(card) === JSON.stringify(shader)) return [];
  return [`${what}: the card has ${card.join(", ")}; the shader has ${shader.join(", ")}`];
}

function bound(variable: VariableInfo): string {
  return `${variable.binding} ${variable.name} ${isUniform(variable) ? "uniform" : variable.access}`;
}

/** `ResourceType.Uniform`, which the package exports as a type only. */
const UNIFORM = 0;

function isUniform({ resourceType }: VariableInfo): boolean {
  return resourceType === UNIFORM;
}

function fieldsOf(layout: ScalarLayout): string[] {
  return layout.map(([name, type]) => `${name}: ${type}`);
}

function membersOf(reflect: WgslReflect, struct: string): string[] {
  const members = reflect.structs.find(({ name }) => name === struct)?.members ?? [];
  return members.map(({ name, type }) => `${name}: ${type.name}`);
}

/** Features of the device that the shader's `enable` lines ask for. */
function enabled(shader: string): string[] {
  const names = [...shader.matchAll(/^enable (\w+);$/gm)].map((match) => match[1]!);
  return names.map((name) => (name === "f16" ? "shader-f16" : name));
}
