import { type Interface } from "ethers";

import { gmxKey, gmxPrice } from "../../sdk/chain/gmxKeys.ts";
import { localArtifact } from "../artifacts.ts";
import type { RawReceipt } from "../rpc.ts";
import type { Twin } from "../twin.ts";
import type { GmxV2SimulatorAddresses } from "./place.ts";

/** What became of an order; the receipt succeeds either way. */
export type GmxOutcome = "executed" | "cancelled" | "frozen";

export interface GmxAnswer {
  readonly outcome: GmxOutcome;
  readonly receipt: RawReceipt;
}

/** Plays the keepers, the oracle and the governance of the simulated GMX. */
export interface GmxV2SimulatorDriver {
  readonly addresses: GmxV2SimulatorAddresses;
  /** Sets prices in whole USD; both tokens get a new timestamp. `spread` is the half-width of min to max, in parts. */
  setPrices(baseUsd: number, quoteUsd?: number, spread?: number): Promise<void>;
  /** The oracle delivers nothing for the base. */
  switchOracleOff(): Promise<void>;
  /** Keys of all orders that wait. */
  orders(): Promise<readonly string[]>;
  /** Executes the order, or cancels it where it cannot be executed. Rejects where the venue's keeper would have to wait. */
  execute(key: string): Promise<GmxAnswer>;
  /** Executes every order that waits. */
  executeAll(): Promise<readonly GmxAnswer[]>;
  freeze(key: string): Promise<GmxAnswer>;
  liquidate(account: string): Promise<RawReceipt>;
  /** Deleverages a short by a size in USD with 30 decimals. */
  deleverage(account: string, sizeUsd: bigint): Promise<RawReceipt>;
  setUint(key: string, value: bigint): Promise<void>;
  setBool(key: string, value: boolean): Promise<void>;
  setAddress(key: string, value: string): Promise<void>;
  getUint(key: string): Promise<bigint>;
  grantRole(account: string, role: string): Promise<void>;
  revokeRole(account: string, role: string): Promise<void>;
}

/**
 * A driver for a simulator that is placed.
 *
 * @example
 * const gmx = await createGmxV2SimulatorDriver(twin, await placeGmxV2Simulator(twin));
 * await gmx.setPrices(2_500);
 * await gmx.executeAll();
 */
export async function createGmxV2SimulatorDriver(
  twin: Twin,
  addresses: GmxV2SimulatorAddresses,
): Promise<GmxV2SimulatorDriver> {
  const { rpc, market } = twin;
  const abi = async (name: string): Promise<Interface> => (await localArtifact(`GmxV2Simulator${name}`)).abi;
  const [handler, oracle, store, roles, events] = await Promise.all(
    ["OrderHandler", "Oracle", "DataStore", "RoleStore", "EventEmitter"].map(abi),
  );
  if (!handler || !oracle || !store || !roles || !events) throw new Error("the simulator is not compiled");
  const { keeper } = addresses;
  const write = async (to: string, of: Interface, method: string, args: readonly unknown[]): Promise<RawReceipt> =>
    await rpc.receipt(await rpc.write(keeper, to, of, method, args));
  const answerOf = (receipt: RawReceipt): GmxAnswer => {
    for (const log of receipt.logs) {
      const parsed = events.parseLog({ topics: [...log.topics], data: log.data });
      const name = parsed?.args["eventName"] as string | undefined;
      if (name === "OrderExecuted") return { outcome: "executed", receipt };
      if (name === "OrderCancelled") return { outcome: "cancelled", receipt };
      if (name === "OrderFrozen") return { outcome: "frozen", receipt };
    }
    throw new Error("The venue said nothing of the order.");
  };
  const orders = async (): Promise<readonly string[]> => {
    const [keys] = await rpc.read(addresses.dataStore, store, "getBytes32ValuesAt", [gmxKey("ORDER_LIST"), 0n, 1_000n]);
    return [...(keys as readonly string[])];
  };
  const execute = async (key: string): Promise<GmxAnswer> =>
    answerOf(await write(addresses.orderHandler, handler, "executeOrder(bytes32)", [key]));
  return {
    addresses,
    orders,
    execute,
    async setPrices(baseUsd, quoteUsd = 1, spread = 0) {
      for (const [token, usd, decimals] of [
        [market.quote, quoteUsd, market.quoteDecimals],
        [market.base, baseUsd, market.baseDecimals],
      ] as const) {
        await write(addresses.oracle, oracle, "setPrice", [
          token,
          gmxPrice(usd * (1 - spread), decimals),
          gmxPrice(usd * (1 + spread), decimals),
        ]);
      }
    },
    async switchOracleOff() {
      await write(addresses.oracle, oracle, "setPrice", [market.base, 0n, 0n]);
    },
    async executeAll() {
      const answers: GmxAnswer[] = [];
      for (const key of await orders()) answers.push(await execute(key));
      return answers;
    },
    freeze: async (key) => answerOf(await write(addresses.orderHandler, handler, "freezeOrder", [key])),
    liquidate: async (account) =>
      await write(addresses.orderHandler, handler, "executeLiquidation", [
        account,
        addresses.market,
        market.quote,
        false,
      ]),
    deleverage: async (account, sizeUsd) =>
      await write(addresses.orderHandler, handler, "executeAdl", [
        account,
        addresses.market,
        market.quote,
        false,
        sizeUsd,
      ]),
    async setUint(key, value) {
      await write(addresses.dataStore, store, "setUint", [key, value]);
    },
    async setBool(key, value) {
      await write(addresses.dataStore, store, "setBool", [key, value]);
    },
    async setAddress(key, value) {
      await write(addresses.dataStore, store, "setAddress", [key, value]);
    },
    getUint: async (key) => (await rpc.read(addresses.dataStore, store, "getUint", [key]))[0] as bigint,
    async grantRole(account, role) {
      await write(addresses.roleStore, roles, "grantRole", [account, gmxKey(role)]);
    },
    async revokeRole(account, role) {
      await write(addresses.roleStore, roles, "revokeRole", [account, gmxKey(role)]);
    },
  };
}
