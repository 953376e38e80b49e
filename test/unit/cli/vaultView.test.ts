import { expect } from "chai";
import { Contract, parseUnits, ZeroAddress } from "ethers";

import { artifacts, registryContract } from "../../../sdk/chain/contracts.ts";
import { accessInterface } from "../../../sdk/chain/access.ts";
import { run } from "./host.ts";
import { json, refusal, serveVault, type ServedVault } from "./servedVault.ts";

const DAY = 86_400;

describe("hedgerow vault", function () {
  this.timeout(60_000);
  let served: ServedVault;

  before(async () => {
    served = await serveVault(DAY);
  });
  after(() => served.close());

  interface Report {
    readonly chainId: string;
    readonly tokens: Record<"base" | "quote", { readonly symbol: string; readonly decimals: number }>;
    readonly state: Record<string, boolean>;
    readonly adapters: readonly Record<string, unknown>[];
    readonly oracle: { readonly problems: readonly string[]; readonly settings: Record<string, unknown> };
    readonly policy: { readonly params: Record<string, string> };
    readonly fees: Record<string, unknown>;
    readonly adapterChange: Record<string, unknown> | null;
    readonly roles: readonly {
      readonly name: string;
      readonly functions: readonly string[];
      readonly members: readonly { readonly account: string; readonly delaySeconds: number }[];
    }[];
    readonly closed: readonly string[];
    readonly operations: readonly {
      readonly id: string;
      readonly state: string;
      readonly call: string;
      readonly changes: readonly { readonly what: string; readonly before: string; readonly after: string }[];
    }[];
  }
  const read = async (): Promise<Report> => (await json(served.hedgerow("vault", "--json"))) as unknown as Report;

  it("reads parts, settings and roles of a fresh vault", async () => {
    const report = await read();
    expect(report.chainId).to.equal("31337");
    expect(report.tokens.base).to.include({ symbol: "WETH", decimals: 18 });
    expect(report.tokens.quote).to.include({ symbol: "USDC", decimals: 6 });
    expect(Object.values(report.state)).to.deep.equal([false, false, false, false]);
    expect(report.adapters).to.have.length(2);
    expect(report.adapters[0]).to.include({
      kind: "liquidity",
      venue: "uniswap-v3 0.05 %",
      implementation: served.world.system.uniswapV3Implementation,
      isAdmitted: true,
      isGenuine: true,
    });
    expect(report.adapters[1]).to.include({ kind: "hedge", venue: "aave-v3-short", isAdmitted: true });
    expect(report.oracle.problems).to.deep.equal([]);
    expect(report.oracle.settings).to.include({ sequencerFeed: null, maxDepegBps: "100" });
    expect(report.policy.params).to.include({ maxDeltaBps: "500", cooldownSeconds: "60" });
    expect(report.fees).to.include({ recipient: null, announced: null });
    expect(report.operations).to.deep.equal([]);
    const holders = report.roles.map(({ name, members }) => [name, members.map((m) => [m.account, m.delaySeconds])]);
    expect(holders).to.deep.equal([
      ["admin", [[served.addressOf("ADMIN"), DAY]]],
      ["keeper", [[served.addressOf("KEEPER"), 0]]],
      ["guardian", [[served.addressOf("GUARDIAN"), 0]]],
    ]);
    expect(report.roles[1]?.functions).to.deep.equal(["vault.rebalance"]);
    expect(report.roles[2]?.functions).to.have.members([
      "vault.pauseDeposits",
      "vault.pauseKeeper",
      "vault.startWindDown",
      "vault.cancelAdapterChange",
    ]);
  });

  it("says the same to people, with units", async () => {
    const { stdout } = await served.hedgerow("vault");
    for (const text of [
      "5,000,000.00 USDC of NAV",
      "500 bps (5 %)",
      "86400 s (1 day)",
      "aave-v3-short",
      "1 day",
      "open",
    ])
      expect(stdout).to.include(text);
  });

  it("shows what is scheduled and announced and what is admitted no more", async () => {
    const { world } = served;
    const admin = new Contract(world.addresses.authority, artifacts.accessManager.abi, world.admin);
    const schedule = async (target: string, data: string): Promise<void> => {
      await (await admin.getFunction("schedule")(target, data, 0)).wait();
    };
    const vault = world.addresses.vault;
    const cap = world.vault.interface.encodeFunctionData("setDepositCap", [parseUnits("7000000", 6)]);
    const grant = accessInterface.encodeFunctionData("grantRole", [1n, served.addressOf("ALICE"), 3_600]);
    const hedge = world.addresses.hedges[0] ?? "";
    const propose = world.vault.interface.encodeFunctionData("proposeAdapterChange", [hedge, ZeroAddress]);
    const fees = world.vault.interface.encodeFunctionData("setFees", [served.addressOf("ALICE"), 100n, 1_000n]);
    for (const data of [cap, propose, fees]) await schedule(vault, data);
    await schedule(world.addresses.authority, grant);

    const waiting = await read();
    expect(waiting.operations.map(({ state }) => state)).to.deep.equal(["waiting", "waiting", "waiting", "waiting"]);
    expect(waiting.operations[0]?.call).to.equal("vault.setDepositCap(capQuote 7000000000000)");
    expect(waiting.operations[0]?.changes).to.deep.equal([
      { what: "deposit cap", before: "5,000,000.00 USDC", after: "7,000,000.00 USDC" },
    ]);
    expect(waiting.operations[3]?.changes).to.deep.equal([
      { what: `keeper for ${served.addressOf("ALICE")}`, before: "not held", after: "held, delay 1 hour" },
    ]);

    await world.twin.advance(DAY);
    await world.actors.step({ price: 2_500, seconds: 60, push: true });
    expect((await read()).operations.map(({ state }) => state)).to.deep.equal(["ready", "ready", "ready", "ready"]);
    for (const data of [propose, fees]) await (await admin.getFunction("execute")(vault, data)).wait();
    await (await registryContract(world.system.registry, world.admin).revoke(world.system.aaveV3Implementation)).wait();

    const announced = await read();
    expect(announced.operations.map(({ call }) => call.split("(")[0])).to.deep.equal([
      "vault.setDepositCap",
      "authority.grantRole",
    ]);
    expect(announced.adapterChange).to.include({ current: hedge, next: null, isReady: false });
    expect(announced.fees).to.include({ managementBps: "0", recipient: served.addressOf("ALICE") });
    expect(announced.fees["announced"]).to.include({ managementBps: "100", performanceBps: "1000", isReady: false });
    expect(announced.adapters[1]).to.include({ isAdmitted: false, isGenuine: false });
    const { stdout } = await served.hedgerow("vault");
    expect(stdout).to.include("NOT admitted any more").and.include("5,000,000.00 USDC → 7,000,000.00 USDC");

    await world.twin.advance(8 * DAY);
    const late = await read();
    expect(late.operations.map(({ state }) => state)).to.deep.equal(["expired", "expired"]);
    // A feed that is stale hides the price and nothing of the settings.
    expect(late.oracle.problems).to.include("baseStale");
  });

  it("refuses what is no vault, another chain and a dead node, in one line", async () => {
    const { market } = served.world;
    expect(await refusal(served.hedgerow("vault", "--vault", market.quote))).to.include("not a Hedgerow vault");
    expect(await refusal(served.hedgerow("vault", "--vault", served.addressOf("ALICE")))).to.include("no contract");
    expect(await refusal(served.hedgerow("vault", "--chain-id", "1"))).to.include("serves chain 31337, expected 1");
    const dead = ["vault", "--rpc", "http://127.0.0.1:9", "--vault", served.world.addresses.vault];
    expect(await refusal(run(dead, {}))).to.include("does not answer");
  });

  it("explains itself", async () => {
    expect((await run(["vault", "--help"])).stdout)
      .to.include("--from-block")
      .and.include("Example:");
  });
});
