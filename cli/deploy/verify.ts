import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";

import { networks } from "../../sdk/chain/networks/all.ts";
import type { VerifyOptions } from "../commands/verify.ts";
import type { CommandContext } from "../context.ts";
import { display, readDeployment } from "../deployment.ts";
import { UsageError } from "../errors.ts";
import { createBlockscout, createEtherscan, createSourcify, type Explorer } from "./explorers.ts";
import type { StandardInput } from "./standardInput.ts";
import type { VerificationRequest } from "./verification.ts";

/** Sends the source of every contract of a deployment to an explorer; all are tried, whatever one of them says. */
export async function runVerify(options: VerifyOptions, context: CommandContext): Promise<void> {
  const file = options.deployment ?? "";
  const { chainId } = readDeployment(file);
  const directory = path.dirname(path.resolve(file));
  const requests = [...readRequests(path.join(directory, "..", "system")), ...readRequests(directory)];
  if (requests.length === 0) {
    throw new UsageError(
      `There is nothing to verify beside ${display(file)}. Run the same "hedgerow deploy" again, which writes it.`,
    );
  }
  const explorer = selectExplorer(options, chainId, context);
  const results: { readonly address: string; readonly contract: string; readonly problem?: string }[] = [];
  for (const request of requests) {
    const { address, contract } = request;
    try {
      await explorer.verify(request, chainId, context.signal);
      results.push({ address, contract });
      context.output.note(`${contract.split(":").at(-1) ?? contract} ${address}: verified`);
    } catch (error) {
      if (!(error instanceof UsageError) || /does not answer/.test(error.message)) throw error;
      results.push({ address, contract, problem: error.message });
      context.output.note(error.message);
    }
  }
  if (options.json) context.output.json({ chainId, results });
  const failures = results.filter(({ problem }) => problem !== undefined).length;
  if (failures > 0) throw new UsageError(`${failures} of ${results.length} contracts were not verified. See above.`);
  if (!options.json) context.output.line(`All ${results.length} contracts are verified.`);
}

function selectExplorer(options: VerifyOptions, chainId: number, { environment }: CommandContext): Explorer {
  switch (options.with) {
    case "sourcify":
      return createSourcify(options.url);
    case "blockscout": {
      const known = Object.values(networks).find((network) => network.chainId === chainId)?.blockscoutApi ?? "";
      const url = options.url ?? known;
      if (url !== "") return createBlockscout(url);
      throw new UsageError(
        `No Blockscout of chain ${chainId} is known. Name its API with --url, or use --with sourcify.`,
      );
    }
    case "etherscan": {
      const key = environment.read(options.apiKeyEnv);
      if (key !== undefined) return createEtherscan(key, options.url);
      throw new UsageError(`Etherscan wants a key. Put it into ${options.apiKeyEnv}, or use --with sourcify.`);
    }
  }
}

function readRequests(directory: string): readonly VerificationRequest[] {
  const folder = path.join(directory, "verification");
  if (!existsSync(folder)) return [];
  return globSync("*.json", { cwd: folder })
    .filter((name) => !name.endsWith(".input.json"))
    .sort()
    .map((name) => {
      const request = JSON.parse(readFileSync(path.join(folder, name), "utf8")) as Omit<
        VerificationRequest,
        "standardInput"
      > & {
        readonly standardInput: string;
      };
      const input = readFileSync(path.join(folder, request.standardInput), "utf8");
      return { ...request, standardInput: JSON.parse(input) as StandardInput };
    });
}
