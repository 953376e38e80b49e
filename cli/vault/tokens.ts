import { erc20Contract, vaultContract } from "../../sdk/chain/contracts.ts";
import type { HedgedVault } from "../../types/contracts/HedgedVault.ts";
import type { VaultConnection } from "./connection.ts";
import { UsageError } from "../errors.ts";

/** The vault's contract with its two units: the quote that goes in and the shares that come out. */
export interface VaultTokens {
  readonly contract: HedgedVault;
  readonly quote: { readonly address: string; readonly symbol: string; readonly decimals: number };
  readonly share: { readonly symbol: string; readonly decimals: number };
}

/** Reads the units of a vault. Throws {@link UsageError} when the contract there is no vault. */
export async function readVaultTokens({ provider, vault }: VaultConnection): Promise<VaultTokens> {
  const contract = vaultContract(vault, provider);
  try {
    const quote = await contract.asset();
    const token = erc20Contract(quote, provider);
    const [symbol, decimals, shareSymbol, shareDecimals] = await Promise.all([
      token.symbol(),
      token.decimals(),
      contract.symbol(),
      contract.decimals(),
    ]);
    return {
      contract,
      quote: { address: quote, symbol, decimals: Number(decimals) },
      share: { symbol: shareSymbol, decimals: Number(shareDecimals) },
    };
  } catch {
    throw new UsageError(`The contract at ${vault} is not a Hedgerow vault. Check --vault.`);
  }
}
