// Compiles the contracts if a source changed since the last time.

import { runMain } from "./processes.mjs";
import { ensureSetup } from "./runtime.mjs";

await runMain(async () => {
  await ensureSetup();
  return 0;
});
