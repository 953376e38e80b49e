import { getAddress, id } from "ethers";

/** Address nobody has the key of, derived from a label: the same on every twin. */
function labelled(label: string): string {
  return getAddress(`0x${id(`hedgerow.twin.${label}`).slice(-40)}`);
}

/** Accounts the twin impersonates to play the rest of the market. */
export const ACTORS = {
  /** Deploys what has no known mainnet deployer (aggregators, libraries, test tokens). */
  deployer: labelled("deployer"),
  /** Arbitrageur and noise traders: one account, so that all swaps of a step fit in one transaction. */
  trader: labelled("trader"),
  /** Owns the background liquidity. */
  liquidityProvider: labelled("liquidityProvider"),
  /** Chainlink node: the only oracle of every aggregator. */
  oracleNode: labelled("oracleNode"),
  /** May appoint minters where USDC is the recorded mainnet contract. */
  usdcMasterMinter: labelled("usdcMasterMinter"),
  /** FiatToken minter, used where USDC is the recorded or a forked mainnet contract. */
  usdcMinter: labelled("usdcMinter"),
} as const;

/** Supplies both assets of one market to Aave and borrows both, which sets usage and rates. One account a market. */
export function lenderOf(base: string): string {
  return labelled(`lender.${base.toLowerCase()}`);
}
