import type { ContractRunner } from "ethers";

import { vaultContract } from "../../sdk/chain/contracts.ts";
import { DeploymentError, type SystemAddresses, type VaultAddresses } from "../../sdk/chain/deployment.ts";
import type { DeployedContracts } from "./runModule.ts";

/** The results of the system module under their names. Throws DeploymentError when one is missing. */
export function toSystemAddresses(contracts: DeployedContracts): SystemAddresses {
  const at = addressIn(contracts);
  const gmxV2 = contracts["gmxV2Implementation"];
  return {
    factory: at("factory"),
    lens: at("lens"),
    registry: at("registry"),
    registryAuthority: at("registryAuthority"),
    vaultImplementation: at("vaultImplementation"),
    policyImplementation: at("policyImplementation"),
    uniswapV3Implementation: at("uniswapV3Implementation"),
    aaveV3Implementation: at("aaveV3Implementation"),
    ...(gmxV2 === undefined ? {} : { gmxV2Implementation: gmxV2 }),
  };
}

/** The results of the vault module under their names; the hedges are read from the vault. */
export async function readVaultAddresses(
  contracts: DeployedContracts,
  runner: ContractRunner,
): Promise<VaultAddresses> {
  const at = addressIn(contracts);
  return {
    vault: at("vault"),
    oracle: at("oracle"),
    volatility: at("volatility"),
    authority: at("authority"),
    liquidity: at("liquidity"),
    policy: at("policy"),
    hedges: [...(await vaultContract(at("vault"), runner).hedges())],
  };
}

function addressIn(contracts: DeployedContracts): (name: string) => string {
  return (name) => {
    const address = contracts[name];
    if (address === undefined) throw new DeploymentError(`The deployment has no ${name}.`);
    return address;
  };
}
