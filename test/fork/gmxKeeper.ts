import { createRequire } from "node:module";

import { AbiCoder, Interface, type InterfaceAbi } from "ethers";

import { ACTORS } from "../../localnet/actors.ts";
import { initCodeOf, localArtifact } from "../../localnet/artifacts.ts";
import type { GmxOutcome } from "../../localnet/gmx/driver.ts";
import { gmxKey, gmxPrice } from "../../sdk/chain/gmxKeys.ts";
import { abiOf, type RawReceipt, type Rpc } from "../../localnet/rpc.ts";
import type { TwinMarket } from "../../localnet/types.ts";
import type { GmxV2Venue } from "../../sdk/chain/deployment.ts";

export const ROUTER_ABI = abiOf(["function orderHandler() view returns (address)"]);
const HANDLER_ABI = abiOf([
  "function oracle() view returns (address)",
  "function executeOrder(bytes32 key, (address[] tokens, address[] providers, bytes[] data) oracleParams)",
]);
export const DATA_STORE_ABI = abiOf([
  "function roleStore() view returns (address)",
  "function setBool(bytes32 key, bool value) returns (bool)",
  "function setAddress(bytes32 key, address value) returns (address)",
]);
const ROLE_STORE_ABI = abiOf([
  "function getRoleMembers(bytes32 roleKey, uint256 start, uint256 end) view returns (address[])",
]);
/** As the venue publishes it. */
const EVENTS_ABI = new Interface(
  (createRequire(import.meta.url)("@gmx-io/sdk/abis/EventEmitter") as { default: InterfaceAbi }).default,
);
const OUTCOMES: Readonly<Record<string, GmxOutcome>> = {
  OrderExecuted: "executed",
  OrderCancelled: "cancelled",
  OrderFrozen: "frozen",
};

/** Plays the part of GMX's order keepers on a chain where none is. */
export interface GmxForkKeeper {
  /**
   * Executes an order, or cancels it where it cannot be executed, at prices in whole USD as of the block it does so in.
   * Rejects where a keeper of GMX would have to wait.
   */
  execute(
    key: string,
    prices: { readonly baseUsd: number; readonly quoteUsd: number },
  ): Promise<{ readonly outcome: GmxOutcome; readonly receipt: RawReceipt }>;
}

/**
 * Takes the place of GMX's keepers and of its oracle network by the venue's own rules: members of its RoleStore are
 * impersonated, one with CONTROLLER to make a provider of ours the one of both tokens, as GMX's timelock does with a new
 * one, and one with ORDER_KEEPER to execute orders with that provider's prices. No storage or code of the venue is
 * written. The same on the genuine venue and on the simulator.
 *
 * Throws when the venue has nobody with one of these roles.
 */
export async function playGmxKeeper(
  rpc: Rpc,
  venue: Pick<GmxV2Venue, "exchangeRouter" | "dataStore">,
  market: TwinMarket,
): Promise<GmxForkKeeper> {
  const [handler] = (await rpc.read(venue.exchangeRouter, ROUTER_ABI, "orderHandler")) as readonly [string];
  const [oracle] = (await rpc.read(handler, HANDLER_ABI, "oracle")) as readonly [string];
  const [roleStore] = (await rpc.read(venue.dataStore, DATA_STORE_ABI, "roleStore")) as readonly [string];
  const memberOf = async (role: string): Promise<string> => {
    const [members] = (await rpc.read(roleStore, ROLE_STORE_ABI, "getRoleMembers", [
      gmxKey(role),
      0n,
      1n,
    ])) as readonly [readonly string[]];
    const [member] = members;
    if (member === undefined) throw new Error(`nobody has the role ${role} at GMX`);
    await rpc.impersonate(member);
    return member;
  };
  const controller = await memberOf("CONTROLLER");
  const keeper = await memberOf("ORDER_KEEPER");

  await rpc.impersonate(ACTORS.deployer);
  const artifact = await localArtifact("ScriptedGmxV2OracleProvider");
  const provider = await rpc.deploy(ACTORS.deployer, initCodeOf(artifact));
  const write = (method: string, key: string, value: unknown): Promise<string> =>
    rpc.write(controller, venue.dataStore, DATA_STORE_ABI, method, [key, value]);
  await write("setBool", gmxKey("IS_ORACLE_PROVIDER_ENABLED", ["address", provider]), true);
  for (const token of [market.base, market.quote]) {
    // By oracle and token; before GMX's version 2.2 by token alone.
    await write("setAddress", gmxKey("ORACLE_PROVIDER_FOR_TOKEN", ["address", oracle], ["address", token]), provider);
    await write("setAddress", gmxKey("ORACLE_PROVIDER_FOR_TOKEN", ["address", token]), provider);
  }

  return {
    async execute(key, { baseUsd, quoteUsd }) {
      const prices = [gmxPrice(baseUsd, market.baseDecimals), gmxPrice(quoteUsd, market.quoteDecimals)];
      const hash = await rpc.write(keeper, handler, HANDLER_ABI, "executeOrder", [
        key,
        {
          tokens: [market.base, market.quote],
          providers: [provider, provider],
          data: prices.map((price) => AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [price, price])),
        },
      ]);
      const receipt = await rpc.receipt(hash);
      return { outcome: outcomeOf(receipt, key), receipt };
    },
  };
}

function outcomeOf(receipt: RawReceipt, key: string): GmxOutcome {
  for (const log of receipt.logs) {
    const event = EVENTS_ABI.parseLog({ topics: [...log.topics], data: log.data });
    const outcome = OUTCOMES[String(event?.args["eventName"])];
    if (outcome !== undefined && log.topics.includes(key)) return outcome;
  }
  throw new Error("The venue said nothing of the order.");
}
