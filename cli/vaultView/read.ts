import { readRpcFailure } from "../../keeper/rpcErrors.ts";
import { type AccessState, readAccess, readRoleMember } from "../../sdk/chain/access.ts";
import { readBlock, readCreationBlock, requireSameBlock } from "../../sdk/chain/blockScan.ts";
import type { BlockRef } from "../../sdk/chain/snapshot.ts";
import { readVaultSettings, type VaultSettings } from "../../sdk/chain/vaultSettings.ts";
import { HedgerowError } from "../../sdk/errors.ts";
import { UsageError } from "../errors.ts";
import type { VaultConnection } from "../vault/connection.ts";
import { explain } from "../vault/send.ts";
import type { ChangeContext } from "./changes.ts";

/** Words with which nodes refuse a request for too many logs. */
const TOO_MUCH =
  /range|too (many|large|much)|limit|exceed|more than|maximum|max |size|timed? ?out|timeout|response is too|10,?000/i;

/** Whether a node refused a request for its size. */
export function isTooMuch(error: unknown): boolean {
  const { kind, message } = readRpcFailure(error);
  return kind !== "reverted" && TOO_MUCH.test(message) && !/rate limit|too many requests/i.test(message);
}

/** The settings of the vault at the newest block. Throws {@link UsageError} when the node fails on the way. */
export async function readSettings({ provider, vault }: VaultConnection): Promise<VaultSettings> {
  return await orExplain("The vault cannot be read", async () =>
    readVaultSettings(provider, vault, await readBlock(provider, "latest")),
  );
}

/**
 * Roles and scheduled operations at the block of the settings.
 *
 * @param fromBlock The authority's first block, or an earlier one; found out when left out.
 * Throws {@link UsageError} when the node fails on the way, or keeps too little to find the first block.
 */
export async function readAccessOf(
  { provider }: VaultConnection,
  { authority, block }: VaultSettings,
  fromBlock: number | undefined,
): Promise<AccessState> {
  const first = fromBlock ?? (await readFirstBlock({ provider }, [authority], block));
  return await orExplain("The roles cannot be read", async () => {
    const access = await readAccess(provider, authority, first, block, { isTooMuch });
    await requireSameBlock(provider, block);
    return access;
  });
}

/**
 * The block in which the first of these contracts was created.
 *
 * @param option With which the user can say it.
 * Throws {@link UsageError} when the node cannot.
 */
export async function readFirstBlock(
  { provider }: Pick<VaultConnection, "provider">,
  addresses: readonly string[],
  block: BlockRef,
  option = "--from-block",
): Promise<number> {
  try {
    const created = addresses.map((address) => readCreationBlock(provider, address, block));
    return Math.min(...(await Promise.all(created)));
  } catch (error) {
    const reason = error instanceof HedgerowError ? error.message : explain(error, "The node failed").message;
    throw new UsageError(`${reason} Give ${option} NUMBER, the block of the deployment.`);
  }
}

/** What a diff is taken against: these settings, and roles asked for one by one. */
export function changeContext({ provider }: VaultConnection, settings: VaultSettings): ChangeContext {
  return {
    settings,
    memberOf: (role, account) => readRoleMember(provider, settings.authority, role, account, settings.block),
  };
}

/** Does it, and says in one sentence what a node that failed on the way said. */
export async function orExplain<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof HedgerowError) throw error;
    throw explain(error, what);
  }
}
