/** A cache with a budget in bytes. What other rooms may use of it. */
export { ByteCache, type ByteCacheOptions } from './byteCache.js';
