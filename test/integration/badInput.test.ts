import { expect } from "chai";
import {
  AbiCoder,
  ContractFactory,
  type ContractTransactionReceipt,
  encodeBytes32String,
  type FunctionFragment,
  id,
  Interface,
  type ParamType,
  parseUnits,
  type Signer,
  ZeroAddress,
  ZeroHash,
} from "ethers";
import { after, before, describe, it } from "mocha";

import { createGmxV2SimulatorDriver } from "../../localnet/gmx/driver.ts";
import { placeGmxV2Simulator } from "../../localnet/gmx/place.ts";
import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import { venuesOf } from "../../localnet/venues.ts";
import {
  aaveHedgeContract,
  artifacts,
  erc20Contract,
  factoryContract,
  policyContract,
  registryContract,
  vaultInterface,
} from "../../sdk/chain/contracts.ts";
import { deployGmxV2Hedge, deployOracle, deployVolatility } from "../../sdk/chain/deployment.ts";
import {
  AdapterKind,
  defaultOracleSettings,
  defaultPolicyParams,
  defaultVolatilitySettings,
  gmxV2HedgeSpec,
} from "../../sdk/chain/vaultSpec.ts";
import { parseRevert } from "../../sdk/chain/revert.ts";
import type { PolicyParams } from "../../sdk/policy/types.ts";
import { type Caller, ROWS } from "./badInputRows.ts";
import {
  createVaultWorld,
  deployTestContract,
  expectRevert,
  fundAndApprove,
  hedgeOf,
  quoteUnits,
  requestRedeem,
  revertOf,
  type VaultWorld,
} from "./world.ts";

const MAX_UINT256 = (1n << 256n) - 1n;
const TOKEN = 10n ** 12n;
const EXIT_WINDOW_SECONDS = 15 * 86_400;
const GAS = "0xe4e1c0"; // 15 million
/** What a keeper may lose at once of what the policy allows in a day, in bps of a holder's value. */
const KEEPER_LOSS_BPS = 50n;
/** Quote units (a millionth of a dollar) by which the bystander's 300,000 may differ for rounding and interest. */
const ROUNDING_UNITS = 5n;
/** What the hostile receiver of the tests says. */
const REFUSED = id("HostileReceiver_Refused()").slice(0, 10);

const ABIS = {
  HedgedVault: artifacts.hedgedVault,
  RiskPolicy: artifacts.riskPolicy,
  VaultFactory: artifacts.vaultFactory,
  AdapterRegistry: artifacts.adapterRegistry,
  UniswapV3Liquidity: artifacts.uniswapV3Liquidity,
  AaveV3Hedge: artifacts.aaveV3Hedge,
  GmxV2Hedge: artifacts.gmxV2Hedge,
  ChainlinkOracle: artifacts.chainlinkOracle,
  RealizedVolatility: artifacts.realizedVolatility,
  VaultLens: artifacts.vaultLens,
};
type ContractName = keyof typeof ABIS;

interface Attempt {
  readonly to: string;
  readonly data: string;
  readonly caller: Caller;
  readonly text: string;
}

/** The values of a call's arguments, nested as its parameters are. */
type Value = bigint | boolean | string | readonly Value[];

describe("bad input", () => {
  let twin: Twin;
  let world: VaultWorld;
  let start: TwinSnapshot;
  let people: Record<Caller, string>;
  let targets: Record<ContractName, string>;
  let bystander: string;
  let addresses: readonly string[];
  let bases: Record<string, readonly Value[]>;
  let honestValue: bigint;
  let nextTimestamp: number;
  let spareHedge: string;
  const tally = { functions: 0, calls: 0, sent: 0 };

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    world = await createVaultWorld(twin, { policy: { exitDelaySeconds: 1n } });
    const signers = await twin.ethers.getSigners();
    const [stranger, operator, recipient] = signers.slice(6, 9) as Signer[] as [Signer, Signer, Signer];
    const holder = world.alice;
    await prepare(holder, stranger, operator, recipient);
    const refusing = await deployTestContract(world.admin, "HostileReceiver");
    const reentering = await deployTestContract(world.admin, "HostileReceiver");
    await arm(reentering);
    const vault = world.addresses.vault;
    people = {
      stranger: await stranger.getAddress(),
      holder: await holder.getAddress(),
      keeper: await world.keeper.getAddress(),
      guardian: await world.guardian.getAddress(),
      admin: await world.admin.getAddress(),
      vault,
      pool: world.market.pool,
      adapter: world.addresses.liquidity,
    };
    bystander = await world.bob.getAddress();
    targets = {
      HedgedVault: vault,
      RiskPolicy: world.addresses.policy,
      VaultFactory: world.system.factory,
      AdapterRegistry: world.system.registry,
      UniswapV3Liquidity: world.addresses.liquidity,
      AaveV3Hedge: hedgeOf(world),
      GmxV2Hedge: await cloneGmxHedge(),
      ChainlinkOracle: world.addresses.oracle,
      RealizedVolatility: world.addresses.volatility,
      VaultLens: world.system.lens,
    };
    const eoa = `0x${id("somebody").slice(-40)}`;
    addresses = [ZeroAddress, vault, world.market.quote, refusing, reentering, eoa];
    bases = await basesOf(holder);
    for (const who of Object.values(people)) await twin.rpc.impersonate(who);
    start = await twin.snapshot();
    // What the bystander's shares are worth when nothing happens: the same block, empty.
    nextTimestamp = (await twin.timestamp()) + 12;
    await twin.advanceTo(nextTimestamp);
    honestValue = await bystanderValue();
    await twin.revert(start);
  });
  after(async () => {
    await twin.close();
  });

  /** A vault in the middle of everything: a position, waiting, cancelled and settled requests, and changes that are due. */
  async function prepare(holder: Signer, stranger: Signer, operator: Signer, recipient: Signer): Promise<void> {
    const { vault } = world;
    await world.deposit(holder, "500000");
    await world.deposit(world.bob, "300000");
    await world.tick();
    await vault.setFees(recipient, 100n, 1_000n);
    spareHedge = await cloneHedge();
    await vault.proposeAdapterChange(ZeroAddress, spareHedge);
    await twin.advance(EXIT_WINDOW_SECONDS);
    await world.actors.step({ price: 2_480, volumeQuote: 1e6, seconds: 900 });
    await requestRedeem(world, holder, 5_000n * TOKEN);
    await twin.advance(4_000);
    for (const shares of [3_000n, 2_000n, 1_000n]) await requestRedeem(world, holder, shares * TOKEN);
    await vault.connect(holder).cancelRedeemRequest(3n, holder);
    await world.actors.step({ price: 2_480, seconds: 900 });
    for (const who of [holder, stranger]) {
      await fundAndApprove(world, who, world.market.quote, quoteUnits(world, "5000"), world.addresses.vault);
      await fundAndApprove(world, who, world.market.base, parseUnits("5", 18), world.addresses.vault);
    }
    await vault.connect(holder).setOperator(operator, true);
    await vault.connect(holder).approve(stranger, 10n * TOKEN);
  }

  async function cloneHedge(): Promise<string> {
    const { market } = world;
    const factory = factoryContract(world.system.factory, world.admin);
    const spec = { implementation: world.system.aaveV3Implementation, args: hedgeArgs() };
    const clone = await factory.cloneAdapter.staticCall(spec, world.addresses.vault, AdapterKind.hedge);
    await factory.cloneAdapter(spec, world.addresses.vault, AdapterKind.hedge);
    expect(await aaveHedgeContract(clone, world.admin).isEmpty(), market.name).to.equal(true);
    return clone;
  }

  /** A hedge on the simulated GMX for the vault, with ETH for orders; only the vault's own calls could use it. */
  async function cloneGmxHedge(): Promise<string> {
    const gmx = await placeGmxV2Simulator(twin);
    await (await createGmxV2SimulatorDriver(twin, gmx)).setPrices(2_480);
    const implementation = await deployGmxV2Hedge(world.admin, gmx);
    await registryContract(world.system.registry, world.admin).admit(implementation, AdapterKind.hedge);
    const spec = gmxV2HedgeSpec(implementation, venuesOf(twin, world.market), gmx.market);
    const factory = factoryContract(world.system.factory, world.admin);
    const clone = await factory.cloneAdapter.staticCall(spec, world.addresses.vault, AdapterKind.hedge);
    await factory.cloneAdapter(spec, world.addresses.vault, AdapterKind.hedge);
    await world.admin.sendTransaction({ to: clone, value: 10n ** 18n });
    return clone;
  }

  function hedgeArgs(): string {
    const v = venuesOf(twin, world.market);
    return AbiCoder.defaultAbiCoder().encode(
      ["address", "address", "address", "address", "address", "uint256"],
      [v.aavePool, v.base, v.quote, v.quoteAToken, v.baseDebtToken, 10n ** 30n],
    );
  }

  function liquidityArgs(): string {
    const v = venuesOf(twin, world.market);
    return AbiCoder.defaultAbiCoder().encode(
      ["address", "address", "address", "bool", "uint256"],
      [v.pool, v.token0, v.token1, world.market.baseIsToken0, 10n ** 30n],
    );
  }

  /** Static words with one of them off by one. */
  function spoiltWord(args: string, at: number): string {
    const from = 2 + 64 * at;
    const word = BigInt(`0x${args.slice(from, from + 64)}`) ^ 1n;
    return args.slice(0, from) + word.toString(16).padStart(64, "0") + args.slice(from + 64);
  }

  /** A contract that calls everything of the vault that anyone may, in the middle of whatever it is called with. */
  async function arm(receiver: string): Promise<void> {
    const calls = [
      vaultInterface.encodeFunctionData("settle", [3n]),
      vaultInterface.encodeFunctionData("deposit", [1_000_000n, receiver]),
      vaultInterface.encodeFunctionData("reconcile", []),
      vaultInterface.encodeFunctionData("pay", [world.market.quote, 1n, receiver]),
    ];
    const own = new Interface(["function setCalls(address target, bytes[] calls)"]);
    await world.admin.sendTransaction({
      to: receiver,
      data: own.encodeFunctionData("setCalls", [world.addresses.vault, calls]),
    });
    await twin.mint(world.market.quote, receiver, quoteUnits(world, "100"));
  }

  /** Argument lists that get through, by name; every parameter of each is then spoilt in turn. */
  async function basesOf(holder: Signer): Promise<Record<string, readonly Value[]>> {
    const { vault } = world;
    const alice = await holder.getAddress();
    const [range] = (await world.snapshot()).vault.ranges;
    if (range === undefined) throw new Error("the vault has no range");
    const { tickLower, tickUpper } = { tickLower: BigInt(range.tickLower), tickUpper: BigInt(range.tickUpper) };
    const promise: Value = [await vault.epoch(), (1n << 48n) - 1n, 1n << 120n, 1n << 120n];
    const params: Value = Object.values(
      await policyContract(world.addresses.policy, world.admin)
        .params()
        .then((p) => [...p]),
    );
    const book: Value = [
      2_480n * 10n ** 18n,
      10n ** 12n,
      10n ** 12n,
      10n ** 12n,
      10n ** 17n,
      0n,
      2n * 10n ** 18n,
      false,
      false,
    ];
    const far: Value = [
      2_480n * 10n ** 18n,
      10n ** 12n,
      10n ** 12n,
      10n ** 12n,
      10n ** 20n,
      0n,
      2n * 10n ** 18n,
      false,
      false,
    ];
    const { system, market, addresses: a } = world;
    const spec: Value = [
      a.authority,
      market.base,
      market.quote,
      a.oracle,
      a.volatility,
      [system.uniswapV3Implementation, liquidityArgs()],
      [[system.aaveV3Implementation, hedgeArgs()]],
      params,
      10n ** 14n,
      alice,
      100n,
      1_000n,
      "Another vault",
      "hrTWO",
    ];
    return {
      cancel: [2n, alice],
      takeBack: [3n, alice, alice],
      deposit: [1_000_000_000n, alice],
      mint: [1_000n * TOKEN, alice],
      exitInKind: [2n, alice, MAX_UINT256, 0n],
      pay: [market.quote, 1n, alice],
      propose: [hedgeOf(world), spareHedge],
      remove: [[[0n, 0n, tickLower, tickUpper, range.liquidity / 100n, 0n]], promise],
      add: [[[1n, 0n, tickLower, tickUpper, range.liquidity / 1_000n, 0n]], promise],
      adjust: [[[2n, 0n, 0n, 0n, -(10n ** 17n), 0n]], promise],
      margin: [[[2n, 0n, 0n, 0n, 0n, 1_000_000n]], promise],
      swap: [[[3n, 0n, 0n, 0n, 10n ** 17n, 0n]], promise],
      nothing: [[], promise],
      redeem: [1_000n * TOKEN, alice, alice],
      withdraw: [1_000_000n, alice, alice],
      requestRedeem: [1_000n * TOKEN, alice, alice],
      setFees: [alice, 50n, 500n],
      settleShares: [1n, 1_000n * TOKEN],
      transferFrom: [alice, await world.bob.getAddress(), TOKEN],
      enforce: [book, book, promise, 10n ** 6n],
      enforceEmergency: [far, book, 10n ** 6n],
      enforceUnexecuted: [book, book],
      initializePolicy: [alice, params],
      setParams: [params],
      cloneAdapter: [[system.aaveV3Implementation, hedgeArgs()], a.vault, 2n],
      cloneLiquidity: [[system.uniswapV3Implementation, liquidityArgs()], a.vault, 1n],
      create: [spec],
      admit: [market.pool, 2n],
      isAdapterOf: [hedgeOf(world), a.vault, 2n],
      revoke: [system.aaveV3Implementation],
      addRange: [tickLower, tickUpper, 10n ** 12n],
      removeRange: [tickLower, tickUpper, 10n ** 12n],
      readLiquidity: [2_480n * 10n ** 18n, 50n],
      swapAtPool: [10n ** 17n, 1n << 100n],
      openHedge: [-(10n ** 17n), 100_000_000n],
      adjustHedge: [-(10n ** 15n), -1_000_000n],
      dropCollateral: [market.base],
      readVaults: [[a.vault]],
      readVault: [a.vault],
    };
  }

  // --- what is tried

  /** What a parameter is tried with, whatever it means. */
  function badValues(type: ParamType): readonly Value[] {
    if (type.baseType === "address") return addresses;
    if (type.baseType === "bool") return [false, true];
    if (type.baseType === "string") return ["", "x".repeat(31), "x".repeat(32), "é".repeat(100)];
    if (type.baseType === "bytes") return ["0x", "0x00", `0x${"ff".repeat(333)}`];
    if (type.baseType === "bytes32") return [ZeroHash, id("nothing"), `0x${"ff".repeat(32)}`];
    if (type.baseType === "bytes4") return ["0x00000000", "0xffffffff"];
    const [, sign, bits = "256"] = /^(u?)int(\d*)$/.exec(type.baseType) ?? [];
    if (sign === undefined) throw new Error(`no bad values for ${type.baseType}`);
    if (sign === "u") return [0n, 1n, (1n << BigInt(bits)) - 1n];
    const half = 1n << (BigInt(bits) - 1n);
    return [-half, -1n, 0n, 1n, half - 1n];
  }

  /** Something harmless, where a function needs no argument list that gets through. */
  function plainValue(type: ParamType, caller: string): Value {
    if (type.baseType === "array") return [];
    if (type.baseType === "tuple") return (type.components ?? []).map((part) => plainValue(part, caller));
    if (type.baseType === "address") return caller;
    return badValues(type)[1] ?? 1n;
  }

  /** The value with each of its leaves replaced by each bad value in turn. */
  function spoil(type: ParamType, value: Value): readonly Value[] {
    if (type.baseType === "tuple") return spoilParts(type.components ?? [], value as readonly Value[]);
    if (type.baseType !== "array") return badValues(type);
    const list = value as readonly Value[];
    const child = type.arrayChildren as ParamType;
    const [first] = list;
    const twice = first === undefined ? [] : [[first, first], Array.from({ length: 5 }, () => first)];
    return [[], ...twice, ...(first === undefined ? [] : spoil(child, first).map((bad) => [bad]))];
  }

  function spoilParts(types: readonly ParamType[], values: readonly Value[]): readonly (readonly Value[])[] {
    return types.flatMap((type, i) => spoil(type, values[i] as Value).map((bad) => values.with(i, bad)));
  }

  /** Every leaf at once: all zero, all one, all at their largest. */
  function extremes(types: readonly ParamType[]): readonly (readonly Value[])[] {
    const all = (type: ParamType, which: number): Value => {
      if (type.baseType === "tuple") return (type.components ?? []).map((part) => all(part, which));
      if (type.baseType === "array") return which === 0 ? [] : [all(type.arrayChildren as ParamType, which)];
      const values = badValues(type);
      return values.at(which) as Value;
    };
    return types.length === 0 ? [] : [0, 1, -1].map((which) => types.map((type) => all(type, which)));
  }

  function attemptsOf(contract: ContractName, abi: Interface, f: FunctionFragment): readonly Attempt[] {
    const row = ROWS[contract]?.[f.format("sighash")];
    if (row === undefined) throw new Error(`${contract}.${f.format("sighash")} has no row`);
    const isView = f.stateMutability === "view" || f.stateMutability === "pure";
    const callers: readonly Caller[] = ["stranger", ...(isView ? [] : (["holder"] as const)), ...(row.by ?? [])];
    const attempts = new Map<string, Attempt>();
    for (const caller of callers) {
      const lists = (row.bases ?? []).map((name) => {
        const list = bases[name];
        if (list === undefined) throw new Error(`no argument list ${name}`);
        return list;
      });
      if (lists.length === 0) lists.push(f.inputs.map((type) => plainValue(type, people[caller])));
      for (const args of lists.flatMap((list) => [list, ...spoilParts(f.inputs, list), ...extremes(f.inputs)])) {
        const data = abi.encodeFunctionData(f, args);
        const text = `${contract}.${f.name}(${shown(args)}) by ${caller}`;
        attempts.set(caller + data, { to: targets[contract], data, caller, text });
      }
    }
    return [...attempts.values()];
  }

  function shown(value: Value | readonly Value[]): string {
    if (Array.isArray(value))
      return (value as readonly Value[]).map((v) => (Array.isArray(v) ? `[${shown(v)}]` : shown(v))).join(", ");
    if (value === MAX_UINT256) return "2^256-1";
    const text = String(value);
    return text.length > 50 ? `${text.slice(0, 12)}…` : text;
  }

  // --- what may come of it

  /** "ok", or how it reverted: `name` for a custom error, Panic(…), Error(…), "no data", "out of gas". */
  async function ask({ to, data, caller }: Attempt): Promise<string> {
    tally.calls++;
    try {
      await twin.provider.request({
        method: "eth_call",
        params: [{ from: people[caller], to, data, gas: GAS }, "latest"],
      });
      return "ok";
    } catch (error) {
      return outcomeOf(error);
    }
  }

  function outcomeOf(error: unknown): string {
    let data: string | undefined;
    let isOutOfGas = false;
    for (let e = error; typeof e === "object" && e !== null; e = (e as { cause?: unknown }).cause) {
      const found = (e as { data?: unknown }).data;
      if (typeof found === "string") data ??= found;
      const inner = typeof found === "object" && found !== null ? (found as { data?: unknown }).data : undefined;
      if (typeof inner === "string") data ??= inner;
      isOutOfGas ||= /out of gas/i.test(String((e as { message?: unknown }).message));
    }
    if (isOutOfGas) return "out of gas";
    if (data === undefined) return `failed: ${String(error)}`;
    if (data === "0x") return "no data";
    const parsed = parseRevert(data) ?? FACTORY_ERRORS.parseError(data);
    if (data === REFUSED) return "unknown HostileReceiver_Refused()";
    if (parsed === null || parsed === undefined) return `unknown ${data.slice(0, 10)}`;
    return parsed.name === "Panic" || parsed.name === "Error"
      ? `${parsed.name}(${String(parsed.args[0])})`
      : parsed.name;
  }

  async function bystanderValue(): Promise<bigint> {
    return await world.vault.convertToAssets(await world.vault.balanceOf(bystander));
  }

  /** Sends what was answered with "ok" and says what of the invariants does not hold afterwards. */
  async function sendAndJudge(attempt: Attempt): Promise<readonly string[]> {
    tally.sent++;
    const { vault, market } = world;
    const sharesBefore = await vault.balanceOf(bystander);
    await twin.setNextTimestamp(nextTimestamp);
    let receipt: ContractTransactionReceipt | null;
    try {
      const hash = await twin.provider.request({
        method: "eth_sendTransaction",
        params: [{ from: people[attempt.caller], to: attempt.to, data: attempt.data, gas: GAS }],
      });
      receipt = (await twin.ethers.provider.getTransactionReceipt(String(hash))) as ContractTransactionReceipt | null;
    } catch {
      // The block is a little later than the call was: what it refuses now, it refuses.
      await twin.revert(start);
      return [];
    }
    const broken: string[] = [];
    const quote = await erc20Contract(market.quote, world.admin).balanceOf(vault.target as string);
    const base = await erc20Contract(market.base, world.admin).balanceOf(vault.target as string);
    const [idleBase, idleQuote] = await vault.idle();
    if (quote < idleQuote + (await vault.reservedQuote()) || base < idleBase) broken.push("insolvent");
    if ((await vault.balanceOf(bystander)) < sharesBefore) broken.push("the bystander lost shares");
    let owed = 0n;
    const tail = await vault.queueTail();
    for (let request = 1n; request < tail; request++) {
      const { controller } = await vault.requestOf(request);
      owed += await vault.pendingRedeemRequest(request, controller);
      owed += await vault.claimableCancelRedeemRequest(request, people.holder);
    }
    if ((await vault.balanceOf(vault)) < owed) broken.push("escrow does not cover the queue");
    let held = 0n;
    const known = new Set([...addresses, ...Object.values(people), bystander, ...(await recipients())]);
    for (const who of known) held += await vault.balanceOf(who);
    if (held !== (await vault.totalSupply())) broken.push("shares that nobody holds");
    const value = await bystanderValue();
    const tolerated = attempt.caller === "keeper" ? (honestValue * KEEPER_LOSS_BPS) / 10_000n : ROUNDING_UNITS;
    if (value + tolerated < honestValue) broken.push(`the bystander lost ${honestValue - value}`);
    const managers = [world.addresses.authority, world.system.registryAuthority];
    if (receipt?.logs.some(({ address }) => managers.includes(address)) === true) broken.push("roles changed");
    if ((await vault.authority()) !== world.addresses.authority) broken.push("authority changed");
    await twin.revert(start);
    return broken;
  }

  async function recipients(): Promise<readonly string[]> {
    return [(await world.vault.feeTerms()).recipient];
  }

  const FACTORY_ERRORS = new Interface(artifacts.vaultFactory.abi);
  for (const [name, { abi }] of Object.entries(ABIS)) {
    const contract = name as ContractName;
    const parsed = new Interface(abi);
    const functions: FunctionFragment[] = [];
    parsed.forEachFunction((f) => functions.push(f));

    describe(contract, () => {
      it("has a row for each of its functions, and no row for another", () => {
        expect(Object.keys(ROWS[contract] ?? {}).sort()).to.deep.equal(
          functions.map((f) => f.format("sighash")).sort(),
        );
      });

      for (const f of functions) {
        it(`${f.name}${f.inputs.length === 0 ? "" : `, ${f.inputs.length} parameters`}`, async () => {
          tally.functions++;
          const row = ROWS[contract]?.[f.format("sighash")] ?? {};
          const allowed = new Map((row.allow ?? []).map(({ outcome, reason }) => [outcome, reason]));
          const met = new Set<string>();
          const wrong: string[] = [];
          const isView = f.stateMutability === "view" || f.stateMutability === "pure";
          for (const attempt of attemptsOf(contract, parsed, f)) {
            const outcome = await ask(attempt);
            if (outcome === "ok") {
              const isSent = !isView && !["vault", "pool", "adapter"].includes(attempt.caller);
              const broken = isSent ? await sendAndJudge(attempt) : [];
              if (broken.length > 0) wrong.push(`${attempt.text}: ${broken.join(", ")}`);
            } else if (!/^[A-Za-z]\w*$/.test(outcome)) {
              if (allowed.has(outcome)) met.add(outcome);
              else wrong.push(`${attempt.text}: ${outcome}`);
            }
          }
          expect(wrong).to.deep.equal([]);
          expect([...met].sort(), "exemptions that nothing needs").to.deep.equal([...allowed.keys()].sort());
        });
      }
    });
  }

  describe("all of it", () => {
    it("would show what it must not find (control)", async () => {
      const quote = new Interface(["function transfer(address to, uint256 amount)"]);
      const access = new Interface(artifacts.accessManager.abi);
      const { vault } = world.addresses;
      const send = (caller: Caller, to: string, data: string): Promise<readonly string[]> =>
        sendAndJudge({ caller, to, data, text: "" });
      const take = quote.encodeFunctionData("transfer", [people.stranger, 1n]);
      expect(await send("vault", world.market.quote, take)).to.deep.equal(["insolvent"]);
      const grant = access.encodeFunctionData("grantRole", [1n, people.stranger, 0]);
      expect(await send("admin", world.addresses.authority, grant)).to.deep.equal(["roles changed"]);
      const spend = vaultInterface.encodeFunctionData("transfer", [people.stranger, 1n]);
      expect(await send("vault", vault, spend)).to.deep.equal(["escrow does not cover the queue"]);
      const nothing = vaultInterface.encodeFunctionData("reconcile", []);
      const seen = honestValue;
      honestValue += ROUNDING_UNITS + 2n;
      const [lost] = await send("stranger", vault, nothing);
      honestValue = seen;
      expect(lost).to.match(/^the bystander lost/);
      expect(await send("stranger", vault, nothing)).to.deep.equal([]);
    });

    it("was tried", () => {
      const rows = Object.values(ROWS).reduce((sum, table) => sum + Object.keys(table).length, 0);
      expect(tally.functions).to.equal(rows);
      expect(tally.calls).to.be.greaterThan(2_500);
      expect(tally.sent, "went through and were judged").to.be.greaterThan(350);
    });
  });

  describe("a plan's amounts", () => {
    const BEYOND = 1n << 127n;
    const WETH = 10n ** 18n;
    const run = async (actions: Value): Promise<unknown> => {
      const [, promise] = bases["nothing"] as readonly [Value, Value];
      return await world.vault.connect(world.keeper).rebalance.staticCall(actions as never, promise as never);
    };
    const swap = (base: bigint): Value => [3n, 0n, 0n, 0n, base, 0n];
    const adjust = (base: bigint, margin: bigint): Value => [2n, 0n, 0n, 0n, base, margin];

    it("beyond an int128 are refused with the action and the amount", async () => {
      const first = swap(-WETH / 100n);
      for (const amount of [BEYOND, -BEYOND, MAX_UINT256 >> 1n, -(MAX_UINT256 >> 1n) - 1n]) {
        await expectRevert(run([swap(amount)]), "HedgedVault_BadAmount", [0n, amount]);
        await expectRevert(run([first, adjust(amount, 0n)]), "HedgedVault_BadAmount", [1n, amount]);
        await expectRevert(run([first, adjust(0n, amount)]), "HedgedVault_BadAmount", [1n, amount]);
      }
    });

    it("within it are for tokens and venues to refuse", async () => {
      const most = BEYOND - 1n;
      for (const action of [swap(most), swap(-most), adjust(most, 0n), adjust(-most, 0n), adjust(0n, most)]) {
        const { name } = await revertOf(run([action]));
        expect(["HedgedVault_BadAmount", "Panic"], String(action)).to.not.include(name);
      }
    });
  });

  describe("setters", () => {
    /** Field, least and most that it may be. */
    const bounds: readonly (readonly [keyof PolicyParams, bigint, bigint])[] = [
      ["maxDeltaBps", 1n, 5_000n],
      ["maxLossBpsPerDay", 1n, 1_000n],
      ["maxTurnoverBpsPerDay", 1n, 1_000_000n],
      ["maxSlippageBps", 6n, 500n], // the pool takes 5
      ["minRangeTicks", 20n, 20_000n],
      ["cooldownSeconds", 0n, 86_400n],
      ["exitDelaySeconds", 0n, 14n * 86_400n],
      ["keeperGraceSeconds", 300n, 7n * 86_400n],
      ["emergencyDeltaBps", 500n, 10_000n], // the keeper's own band is 500 here
      ["healthFloorWad", 1_020_000_000_000_000_000n, 5n * 10n ** 18n],
      ["healthPerVolatilityBps", 0n, 10_000n],
    ];
    const outside = (min: bigint, max: bigint): readonly bigint[] => (min === 0n ? [max + 1n] : [min - 1n, max + 1n]);

    it("setParams names the field, the value and both bounds", async () => {
      const policy = policyContract(world.addresses.policy, world.admin);
      expect(Object.keys(defaultPolicyParams).sort(), "every field").to.deep.equal(
        bounds.map(([field]) => field).sort(),
      );
      const params: PolicyParams = { ...defaultPolicyParams, maxDeltaBps: 500n };
      for (const [field, min, max] of bounds) {
        for (const value of outside(min, max)) {
          await expectRevert(
            policy.setParams.staticCall({ ...params, [field]: value }),
            "RiskPolicy_ParamOutOfBounds",
            [encodeBytes32String(field), value, min, max],
          );
        }
        for (const value of [min, max]) {
          const wide = field === "maxDeltaBps" ? { emergencyDeltaBps: 10_000n } : {};
          await policy.setParams.staticCall({ ...params, ...wide, [field]: value });
        }
      }
    });

    it("setFees names the rate, the value and both bounds; a cap may be anything", async () => {
      const { vault } = world;
      for (const [field, management, performance, value, max] of [
        ["managementBps", 201n, 0n, 201n, 200n],
        ["managementBps", MAX_UINT256, 0n, MAX_UINT256, 200n],
        ["performanceBps", 0n, 2_001n, 2_001n, 2_000n],
      ] as const) {
        await expectRevert(
          vault.setFees.staticCall(people.stranger, management, performance),
          "HedgedVault_ParamOutOfBounds",
          [encodeBytes32String(field), value, 0n, max],
        );
      }
      await expectRevert(vault.setFees.staticCall(ZeroAddress, 200n, 2_000n), "HedgedVault_NoFeeRecipient", []);
      await vault.setFees.staticCall(people.stranger, 200n, 2_000n);
      for (const cap of [0n, (1n << 88n) - 1n]) await vault.setDepositCap.staticCall(cap);
    });

    it("a new vault is held to the same bounds, and to its number of hedges", async () => {
      const factory = factoryContract(world.system.factory, world.admin);
      const create = (change: Readonly<Record<number, Value>>): Promise<unknown> => {
        const [spec] = bases["create"] as readonly [readonly Value[]];
        const changed = spec.map((value, i) => change[i] ?? value);
        return factory.create.staticCall(changed as never);
      };
      const [spec] = bases["create"] as readonly [readonly Value[]];
      const [hedge] = spec[6] as readonly Value[];
      const outOfBounds = async (change: Readonly<Record<number, Value>>, field: string, value: bigint, max: bigint) =>
        await expectRevert(create(change), "HedgedVault_ParamOutOfBounds", [
          encodeBytes32String(field),
          value,
          0n,
          max,
        ]);
      await outOfBounds({ 10: 201n }, "managementBps", 201n, 200n);
      await outOfBounds({ 11: 2_001n }, "performanceBps", 2_001n, 2_000n);
      await outOfBounds({ 6: Array.from({ length: 4 }, () => hedge as Value) }, "hedges", 4n, 3n);
      const params = spec[7] as readonly Value[];
      for (const [at, [field, min, max]] of bounds.entries()) {
        await expectRevert(create({ 7: params.with(at, max + 1n) }), "RiskPolicy_ParamOutOfBounds", [
          encodeBytes32String(field),
          max + 1n,
          min,
          max,
        ]);
      }
      await expectRevert(create({ 12: "x".repeat(32) }), "StringTooLong", ["x".repeat(32)]);
      await create({});
    });

    it("an oracle's settings name the field, the value and both bounds", async () => {
      const venues = venuesOf(twin, world.market);
      const table: readonly (readonly [keyof typeof defaultOracleSettings, bigint, bigint])[] = [
        ["baseHeartbeatSeconds", 1n, 172_800n],
        ["quoteHeartbeatSeconds", 1n, 172_800n],
        ["sequencerGraceSeconds", 0n, 172_800n],
        ["twapWindowSeconds", 1n, 86_400n],
        ["maxSpotDeviationBps", 1n, 2_000n],
        ["maxTwapDeviationBps", 1n, 2_000n],
        ["maxDepegBps", 1n, 2_000n],
        ["bandBps", 0n, 500n],
      ];
      expect(table.map(([field]) => field).sort(), "every field").to.deep.equal(
        Object.keys(defaultOracleSettings).sort(),
      );
      for (const [field, min, max] of table) {
        for (const value of outside(min, max)) {
          await expectRevert(deployOracle(world.admin, venues, { [field]: value }), "ChainlinkOracle_OutOfBounds", [
            encodeBytes32String(field),
            value,
            min,
            max,
          ]);
        }
        for (const value of [min, max]) await deployOracle(world.admin, venues, { [field]: value });
      }
      await expectRevert(
        deployOracle(world.admin, { ...venues, base: people.stranger }),
        "ChainlinkOracle_BaseNotInPool",
        [people.stranger, venues.pool],
      );
      for (const field of ["pool", "baseFeed", "quoteFeed", "sequencerFeed"] as const) {
        await expectRevert(deployOracle(world.admin, venues, { [field]: people.stranger }), "ChainlinkOracle_NoCode", [
          encodeBytes32String(field),
          people.stranger,
        ]);
      }
    });

    it("a measure's settings name the field, the value and both bounds", async () => {
      const { pool } = world.market;
      const table: readonly (readonly [keyof typeof defaultVolatilitySettings, bigint, bigint])[] = [
        ["windowSeconds", 3_600n, 604_800n],
        ["intervals", 4n, 48n],
        ["minWindowSeconds", 720n, 86_400n], // twelve minutes for twelve intervals, and the window
        ["refreshSeconds", 60n, 21_600n],
      ];
      expect(table.map(([field]) => field).sort(), "every field").to.deep.equal(
        Object.keys(defaultVolatilitySettings).sort(),
      );
      for (const [field, min, max] of table) {
        for (const value of outside(min, max)) {
          await expectRevert(
            deployVolatility(world.admin, pool, { [field]: value }),
            "RealizedVolatility_OutOfBounds",
            [encodeBytes32String(field), value, min, max],
          );
        }
        const wide = field === "intervals" ? { minWindowSeconds: 3_600 } : {};
        for (const value of [min, max]) await deployVolatility(world.admin, pool, { ...wide, [field]: value });
      }
      await expectRevert(deployVolatility(world.admin, people.stranger), "RealizedVolatility_NoCode", [
        people.stranger,
      ]);
    });

    it("an adapter is admitted with code and a kind, and nothing else", async () => {
      const registry = registryContract(world.system.registry, world.admin);
      await expectRevert(registry.admit(people.stranger, AdapterKind.hedge), "AdapterRegistry_NoCode", [
        people.stranger,
      ]);
      await expectRevert(registry.admit(world.market.pool, 0), "AdapterRegistry_BadKind", []);
      await expectRevert(registry.revoke(world.market.pool), "AdapterRegistry_NotAdmitted", [world.market.pool, 0n]);
    });

    it("an implementation is deployed for a venue with code", async () => {
      for (const [name, { abi, bytecode }] of [
        ["UniswapV3Liquidity", artifacts.uniswapV3Liquidity],
        ["AaveV3Hedge", artifacts.aaveV3Hedge],
      ] as const) {
        const make = new ContractFactory(abi, bytecode, world.admin);
        await expectRevert(make.deploy(people.stranger), `${name}_NoCode`, [people.stranger]);
      }
    });

    it("a clone is made of what the registry admitted as its kind, for its vault's pair and its own venue", async () => {
      const factory = factoryContract(world.system.factory, world.admin);
      const { uniswapV3Implementation: pool, aaveV3Implementation: loan, registry } = world.system;
      const { vault } = world.addresses;
      const clone = (implementation: string, args: string, kind: number, owner = vault): Promise<unknown> =>
        factory.cloneAdapter.staticCall({ implementation, args }, owner, kind);
      const { none, liquidity, hedge } = { none: 0, ...AdapterKind };
      const refused = async (call: Promise<unknown>, implementation: string, admittedAs: number, wantedAs: number) =>
        await expectRevert(call, "VaultFactory_NotAnAdapter", [implementation, BigInt(admittedAs), BigInt(wantedAs)]);
      await refused(clone(loan, hedgeArgs(), liquidity), loan, hedge, liquidity);
      await refused(clone(pool, liquidityArgs(), hedge), pool, liquidity, hedge);
      await refused(clone(loan, hedgeArgs(), none), loan, hedge, none);
      await refused(clone(registry, hedgeArgs(), hedge), registry, none, hedge);
      for (let word = 0; word < 6; word++) {
        await refused(clone(loan, spoiltWord(hedgeArgs(), word), hedge), loan, hedge, hedge);
      }
      // The pool, the first word, is asked for its fee: another one has to be a pool.
      for (const word of [1, 2, 4]) {
        await refused(clone(pool, spoiltWord(liquidityArgs(), word), liquidity), pool, liquidity, liquidity);
      }
      await expectRevert(clone(people.stranger, hedgeArgs(), hedge), "VaultFactory_NoCode", [people.stranger]);
      await clone(loan, hedgeArgs(), hedge);
      await clone(pool, liquidityArgs(), liquidity);
    });
  });
});
