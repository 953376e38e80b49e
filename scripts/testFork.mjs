// `npm run test:fork -- [networks] [--record | --replay] [flags of mocha]`: the suites of test/fork/ on forks of genuine
// chains. Networks: mainnet, arbitrum, base; all by default, and those without a node or a recording are skipped.

import path from "node:path";

import { ROOT, SetupError, runCommand, runMain } from "./processes.mjs";

const HARDHAT = path.join(ROOT, "node_modules", "hardhat", "dist", "src", "cli.js");
const NETWORKS = ["mainnet", "arbitrum", "base"];
const MODES = { "--record": "renew", "--replay": "replay" };

await runMain((args) => {
  const networks = [];
  const flags = [];
  const env = { ...process.env };
  let mode;
  for (const [i, argument] of args.entries()) {
    if (argument in MODES) {
      if (mode !== undefined && mode !== argument) throw new SetupError(`choose one of ${mode} and ${argument}.`);
      mode = argument;
      env.HEDGEROW_FORK_MODE = MODES[argument];
    } else if (argument.startsWith("-") || args[i - 1] === "--grep") flags.push(argument);
    else if (NETWORKS.includes(argument)) networks.push(argument);
    else throw new SetupError(`unknown network ${argument}. Choose from ${NETWORKS.join(", ")}.`);
  }
  if (networks.length > 0) env.HEDGEROW_FORK_NETWORKS = networks.join(",");
  return runCommand(
    process.execPath,
    [HARDHAT, "test", "mocha", "--no-compile", ...flags, "test/fork/networks.fork.ts"],
    {
      cwd: ROOT,
      env,
    },
  );
});
