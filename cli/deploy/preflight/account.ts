import { parseUnits } from "ethers";

import type { SystemAddresses } from "../../../sdk/chain/deployment.ts";
import { describeEther } from "../ether.ts";
import { hasCode } from "./read.ts";
import { problem, type Check, type Finding } from "./types.ts";

/**
 * Gas of a whole deployment, measured with the contracts as they are (test/integration/deployRoads.test.ts holds it to a few
 * percent); the system's part falls away where it is deployed already.
 */
export const DEPLOYMENT_GAS = { system: 26_000_000n, vault: 6_020_000n, gmxV2: 6_840_000n } as const;
/** The fee may rise while a deployment runs. */
const HEADROOM_PERCENT = 150n;

/** Whether the account that deploys can pay for it, and whether the node serves the chain that is meant. */
export function checkAccount(hasSystem: boolean): Check {
  return async function checkDeployer({ vault, rpc, deployer }) {
    const findings: Finding[] = [];
    const chainId = BigInt((await rpc.send("eth_chainId", [])) as string);
    if (chainId !== BigInt(vault.network.chainId)) {
      findings.push(
        problem(
          "wrong-chain",
          `The node serves chain ${chainId}, ${vault.network.title} is ${vault.network.chainId}. Point --rpc at the right one.`,
        ),
      );
    }
    const [balance, fee] = (await Promise.all([
      rpc.send("eth_getBalance", [deployer, "latest"]),
      rpc.send("eth_gasPrice", []),
    ])) as [string, string];
    const gas = expectedGas(hasSystem, vault.systemVenues.gmxV2 !== undefined);
    const needed = (gas * BigInt(fee) * HEADROOM_PERCENT) / 100n;
    if (BigInt(balance) < needed) {
      findings.push(
        problem(
          "deployer-too-poor",
          `The account ${deployer} holds ${describeEther(BigInt(balance))}, a deployment takes about ${describeEther(needed)} at the fee of now. Send it more.`,
        ),
      );
    }
    return findings;
  };
}

/** Gas that is left to be paid for. */
export function expectedGas(hasSystem: boolean, hasGmx: boolean): bigint {
  if (hasSystem) return DEPLOYMENT_GAS.vault;
  return DEPLOYMENT_GAS.vault + DEPLOYMENT_GAS.system + (hasGmx ? DEPLOYMENT_GAS.gmxV2 : 0n);
}

/** Whether the keeper can pay for a first transaction. */
export const checkKeeper: Check = async ({ vault, rpc }) => {
  const { keeper } = vault.roles;
  const balance = BigInt((await rpc.send("eth_getBalance", [keeper, "latest"])) as string);
  if (balance >= parseUnits("0.001", "ether")) return [];
  return [
    {
      code: "keeper-too-poor",
      level: "warning",
      text: `The keeper ${keeper} holds ${describeEther(balance)}. Send it ETH for gas before it is to act.`,
    },
  ];
};

/** Whether the code that earlier deployments left behind is still there. */
export function checkSystem(system: SystemAddresses, file: string): Check {
  return async function checkDeployedSystem({ vault, rpc }) {
    const gone: string[] = [];
    for (const [name, at] of Object.entries(system)) if (!(await hasCode(rpc, String(at)))) gone.push(name);
    if (gone.length === 0) return [];
    return [
      problem(
        "system-gone",
        `${file} names ${gone.join(", ")} where ${vault.network.title} has no contract. Remove the file to deploy the system again, or name another --deployments.`,
      ),
    ];
  };
}
