// Writes src/gpu/kernels.gen.ts: what the host must know of each shader. `npm run kernels`
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  type StructInfo,
  type VariableInfo,
  WgslReflect,
} from "wgsl_reflect/wgsl_reflect.module.js";
import { linkShader, type ShaderSources } from "#gpu/wgsl.ts";
import { readShaders } from "../entry/node/gpu.ts";

const generated = new URL("../gpu/kernels.gen.ts", import.meta.url);

/** The generated file as it is. */
export function readGenerated(): string {
  return readFileSync(generated, "utf8");
}

/**
 * The text of `kernels.gen.ts`: the constants of the shaders, a layout for each struct that the host
 * reads or writes, a card for each kernel.
 *
 * @throws Error for a shader that breaks a rule the engine relies on
 */
export function kernelCards(shaders: ShaderSources): string {
  const structs = new Map<string, string>();
  const files = [...shaders.keys()].filter((file) => !file.startsWith("lib/")).sort();
  const cards = files.map((file) => cardOf(shaders, file, structs));
  const names = files.map((file) => camelCase(nameOf(file)));
  const layouts = [...structs].sort().map(([name, fields]) => {
    return `export const ${name} = ${fields} as const;\nexport type ${name} = Fields<typeof ${name}>;\n`;
  });
  return [
    "// Generated from shaders/ by `npm run kernels`. Do not edit.\n",
    'import type { Card, Fields } from "./card.ts";\n\n',
    `export const constants = ${constantsOf(shaders)} as const;\n\n`,
    ...layouts,
    ...cards,
    `\nexport const kernels: readonly Card[] = [${names.join(", ")}];\n`,
  ].join("");
}

/** Every u32 constant, but for names that stand for different values in different files. */
function constantsOf(shaders: ShaderSources): string {
  const values = new Map<string, Set<number>>();
  for (const text of shaders.values()) {
    for (const [, name, value] of text.matchAll(/^const (\w+) = (\w+)u;/gm)) {
      values.set(name!, (values.get(name!) ?? new Set()).add(Number(value)));
    }
  }
  const unique = [...values].filter(([, known]) => known.size === 1).sort();
  return object(unique.map(([name, [value]]) => `${name}: ${value}`));
}

function cardOf(shaders: ShaderSources, file: string, structs: Map<string, string>): string {
  const { code } = linkShader(shaders, file);
  const reflect = new WgslReflect(withoutBodies(code));
  const problem = problemOf(reflect);
  if (problem) throw new Error(`${file}: ${problem}`);
  const [params, ...bindings] = variablesOf(reflect);
  const paramStruct = structOf(reflect, params!);
  const paramFields = fieldsOf(file, paramStruct);
  const areShared = paramStruct.name !== "Params";
  if (areShared) structs.set(paramStruct.name, paramFields);
  const uniforms: string[] = [];
  for (const { name: variable, type, format } of bindings.map(withElement)) {
    const struct = format ?? type;
    const info = reflect.structs.find((one) => one.name === struct);
    if (!info) continue;
    structs.set(struct, fieldsOf(file, info));
    if (!format) uniforms.push(`${variable}: ${struct}`);
  }
  const access = bindings.map((variable) => `${variable.name}: "${accessOf(variable)}"`);
  const overrides = reflect.overrides.map((one) => `${one.name}: ${defaultOf(code, one.name)}`);
  const features = enabled(code).map((feature) => `"${feature}"`);
  return [
    `\nexport const ${camelCase(nameOf(file))} = {`,
    `  name: "${nameOf(file)}",`,
    `  file: "${file}",`,
    `  params: ${areShared ? paramStruct.name : paramFields},`,
    `  bindings: ${object(access)},`,
    `  uniforms: ${object(uniforms)},`,
    `  overrides: ${object(overrides)},`,
    `  features: [${features.join(", ")}],`,
    "} as const satisfies Card;\n",
  ].join("\n");
}

/** The rule a shader breaks, or null. */
function problemOf(reflect: WgslReflect): string | null {
  const entryPoints = reflect.entry.compute.map(({ name }) => name);
  if (entryPoints.join() !== "main") return `has the entry points ${entryPoints}, not main alone`;
  const variables = variablesOf(reflect);
  const [params] = variables;
  if (params?.name !== "params" || accessOf(params) !== "uniform") {
    return "has no uniform params at binding 0";
  }
  for (const [i, { name, group, binding }] of variables.entries()) {
    if (group !== 0) return `binds ${name} in group ${group}, not 0`;
    if (binding !== i) return `binds ${name} at ${binding}, but ${i} is the next free binding`;
  }
  return null;
}

function variablesOf(reflect: WgslReflect): VariableInfo[] {
  return [...reflect.uniforms, ...reflect.storage].sort((a, b) => a.binding - b.binding);
}

/** The name of a variable's type and, if that is an array, of its elements. */
function withElement({ name, type }: VariableInfo) {
  const format = "format" in type ? (type.format as { name: string } | null)?.name : undefined;
  return { name, type: type.name, format };
}

/** `ResourceType.Uniform`, which the package exports as a type only. */
const UNIFORM = 0;

function accessOf({ resourceType, access }: VariableInfo): string {
  return resourceType === UNIFORM ? "uniform" : access;
}

function structOf(reflect: WgslReflect, { name, type }: VariableInfo): StructInfo {
  const struct = reflect.structs.find((one) => one.name === type.name);
  if (!struct) throw new Error(`${name} is no struct.`);
  return struct;
}

function fieldsOf(file: string, { name, members }: StructInfo): string {
  const fields = members.map(({ name: field, type }) => {
    if (type.name !== "u32" && type.name !== "f32") {
      throw new Error(`${file}: ${name}.${field} is ${type.name}; the host packs u32 and f32 only`);
    }
    return `${field}: "${type.name}"`;
  });
  return object(fields);
}

function object(fields: readonly string[]): string {
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

function nameOf(file: string): string {
  return file.replace(/^.*\/|\.wgsl$/g, "");
}

/**
 * Empties the bodies of functions: only declarations matter, and wgsl_reflect 1.6 takes a variable named
 * `workgroup` for a keyword. By our style, `fn` and the last brace of a function begin a line, or the
 * function is one line.
 */
function withoutBodies(code: string): string {
  return code.replace(/^(fn [^{]*\{)(?:.*\}$|[\s\S]*?^\})/gm, "$1}");
}

function defaultOf(code: string, override: string): number {
  const [, value] = new RegExp(`^override ${override}: \\w+ = (\\w+);`, "m").exec(code) ?? [];
  if (value === undefined) throw new Error(`The override ${override} has no default.`);
  return value === "false" ? 0 : value === "true" ? 1 : Number(value.replace(/u$/, ""));
}

/** Device features that the shader's `enable` directives need. */
function enabled(code: string): string[] {
  const names = [...code.matchAll(/^enable (\w+);$/gm)].map((match) => match[1]!);
  return names.map((name) => (name === "f16" ? "shader-f16" : name));
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(fileURLToPath(generated), kernelCards(readShaders()));
  process.exit(0);
}
