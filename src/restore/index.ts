/** What other rooms may use of restoring. */
export type { Assembled, Step } from './assemble.js';
export { Blocks, LEVELS, type Level, missingHashes } from './blocks.js';
export type { BuiltInType } from './builtIn.js';
export { type Cell, decodedBytes } from './cell.js';
export { fetchUntil } from './fetchUntil.js';
export { live } from './live.js';
export { copyBytes } from './mapLeaves.js';
export { type TypeCell, TypeMetrics, type TypeStats } from './metrics.js';
export { type NamedReference, Objects, type Restored, type RestoreTarget } from './objects.js';
export { Restorer } from './restorer.js';
export { type ParsedPath, parsePaths } from './select.js';
export { SharedComponents, type SharedStats } from './shared.js';
export type { Dtype, Tensor } from './tensor.js';
export { type AnyObjectType, defineType, isObjectType, type ObjectType, type TypeDefinition } from './type.js';
export { defineConfig, type HeliosConfig } from './typeConfig.js';
export { TypeRegistry } from './typeRegistry.js';
export { UnsavedBytes } from './unsaved.js';
