// The package's own entry is CommonJS under `"type": "module"`, which Node refuses; this file of it works.
declare module "wgsl_reflect/wgsl_reflect.module.js" {
  export { type StructInfo, type VariableInfo, WgslReflect } from "wgsl_reflect";
}
