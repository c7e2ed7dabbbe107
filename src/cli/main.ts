/**
 * `timonier`: turns on Node's cache of compiled code before anything large is loaded, so that the second start and all after it
 * compile nothing. https://nodejs.org/api/module.html#module-compile-cache
 */
import { enableCompileCache } from "node:module";

enableCompileCache();
await import("./program.ts");
