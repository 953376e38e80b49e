// `node scripts/bootstrap.mjs <job> [arguments]`: makes a fresh clone ready, then runs the job under the pinned Node.
// A job is one of the names below, a script, or a tool of node_modules. Its exit code is ours.

import path from "node:path";

import { ROOT, SetupError, environment, runCommand, runMain } from "./processes.mjs";
import { ensureSetup } from "./runtime.mjs";

const JOBS = {
  demo: { script: "cli/main.ts", args: ["demo"], tests: false },
  test: { script: "scripts/test.mjs" },
  // check compiles as its first step, so that a source that does not compile is one failure among the others.
  check: { script: "scripts/check.ts", contracts: false },
  experiment: { script: "scripts/experiment.ts", contracts: false },
  bench: { script: "bench/run.ts", contracts: false },
};

await runMain(async ([job, ...args]) => {
  if (job === undefined) {
    throw new SetupError(
      `usage: node scripts/bootstrap.mjs <${Object.keys(JOBS).join(" | ")} | script | tool> [arguments]`,
    );
  }
  const isScript = /\.(ts|mjs)$/.test(job);
  const known = JOBS[job] ?? (isScript ? { script: job } : undefined);
  const node = await ensureSetup({
    contracts: known !== undefined && known.contracts !== false,
    tests: known?.tests !== false,
  });
  const env = environment(node);
  if (known === undefined) return runCommand(job, args, { env });
  return runCommand(node, [path.resolve(ROOT, known.script), ...(known.args ?? []), ...args], { env });
});
