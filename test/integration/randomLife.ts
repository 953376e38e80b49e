import { AbiCoder, parseUnits, type Signer } from "ethers";
import { uniformBigInt } from "pure-rand/distribution/uniformBigInt";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

import { factoryContract, policyContract } from "../../sdk/chain/contracts.ts";
import { AdapterKind } from "../../sdk/chain/vaultSpec.ts";
import type { PlanAction } from "../../sdk/policy/types.ts";
import { fundAndApprove, liquidateHedge, quoteUnits, revertOf, type VaultWorld } from "./world.ts";

const DAY = 86_400;
/** Longer than the base feed's heartbeat: requests made after it wait for the next price. */
const SILENCE_SECONDS = 4_000;
const EXIT_WINDOW_SECONDS = 15 * DAY;
const MAX_UINT256 = (1n << 256n) - 1n;
const ZERO = `0x${"0".repeat(40)}`;
/** Prices that the random walk stays within; the hedge survives both. */
const [LOWEST_PRICE, HIGHEST_PRICE] = [2_200, 2_900];

/** What can happen to a vault, and how often: a name, a weight, and what to do. */
interface Deed {
  readonly name: string;
  readonly weight: number;
  readonly act: () => Promise<unknown>;
}

/** A seeded life of one vault: every step does something that a user, the keeper, the market or an officer might do. */
export interface RandomLife {
  /** Everybody who may hold shares, besides the vault. */
  readonly people: readonly Signer[];
  /** Deeds that went through, by name; a deed the vault refused is not counted. */
  readonly done: ReadonlyMap<string, number>;
  /** One random deed. */
  step(): Promise<void>;
  /** A second, empty hedge comes; then a fresh one in its place; then it goes. */
  addHedge(): Promise<void>;
  replaceHedge(): Promise<void>;
  dropHedge(): Promise<void>;
  /** The liquidity moves to a fresh adapter. */
  replaceLiquidity(): Promise<void>;
  /** A fall that nobody answers for longer than the grace time, and a stranger who does. */
  hedgeWithoutKeeper(): Promise<void>;
  /** The price multiplies, the venue liquidates, somebody reconciles and the owner looks at it. */
  liquidate(factor: number): Promise<void>;
  /** Settlements that pass places of cancelled requests: nothing else, a whole request, a part of one, a crumb alone. */
  passPlaces(): Promise<void>;
  /** Wind-down; everybody leaves, one way or the other, and takes the money. */
  end(): Promise<void>;
}

export function createRandomLife(world: VaultWorld, people: readonly Signer[], seed: number): RandomLife {
  const { twin, market, vault, admin, guardian, keeper } = world;
  const generator = xoroshiro128plus(seed);
  const int = (from: number, to: number): number => uniformInt(generator, from, to);
  const upTo = (max: bigint): bigint => (max < 1n ? 0n : uniformBigInt(generator, 1n, max));
  const pick = <T>(list: readonly T[]): T => list[int(0, list.length - 1)] as T;
  const coin = (): boolean => int(0, 1) === 1;
  const done = new Map<string, number>();
  const operators = new Set<string>();

  /** Thrown where the vault offers nothing to do a deed with. */
  class NothingToDo extends Error {}
  const some = <T>(list: readonly T[]): T => {
    if (list.length === 0) throw new NothingToDo();
    return pick(list);
  };
  const priceNow = async (): Promise<number> => world.actors.readPrice();
  const priced = async (seconds: number): Promise<void> => {
    await world.actors.step({ price: await priceNow(), seconds });
  };
  const holders = async (): Promise<readonly Signer[]> => {
    const balances = await Promise.all(people.map((who) => vault.balanceOf(who)));
    return people.filter((_, i) => balances[i] !== 0n);
  };
  /** Requests with something pending, with their controllers. */
  const openRequests = async (): Promise<readonly { readonly id: bigint; readonly who: Signer }[]> => {
    const open: { readonly id: bigint; readonly who: Signer }[] = [];
    const tail = await vault.queueTail();
    for (let id = await vault.queueHead(); id < tail; id++) {
      const { controller, shares } = await vault.requestOf(id);
      const who = await signerOf(controller);
      if (shares > 0n && who !== undefined) open.push({ id, who });
    }
    return open;
  };
  const signerOf = async (address: string): Promise<Signer | undefined> => {
    for (const who of people) if ((await who.getAddress()) === address) return who;
    return undefined;
  };
  const claimants = async (): Promise<readonly { readonly who: Signer; readonly shares: bigint }[]> => {
    const all = await Promise.all(people.map(async (who) => ({ who, shares: await vault.maxRedeem(who) })));
    return all.filter(({ shares }) => shares > 0n);
  };
  const promise = async (): Promise<{
    readonly expectedEpoch: bigint;
    readonly deadline: number;
    readonly maxResidualDeltaBase: bigint;
    readonly maxLossQuote: bigint;
  }> => ({
    expectedEpoch: await vault.epoch(),
    deadline: (await twin.timestamp()) + DAY,
    maxResidualDeltaBase: 1n << 120n,
    maxLossQuote: 1n << 120n,
  });
  const send = async (actions: readonly PlanAction[]): Promise<void> => {
    const { vault: v } = await world.snapshot();
    await world.send({
      vault: v.vault,
      decision: "exit",
      blockNumber: 0,
      blockHash: "",
      actions,
      promise: await promise(),
    });
  };
  const cancelled: { readonly id: bigint; readonly who: Signer }[] = [];

  const deeds: readonly Deed[] = [
    {
      name: "deposit",
      weight: 10,
      act: async () => await world.deposit(pick(people), String(int(100, 60_000))),
    },
    {
      name: "mint",
      weight: 4,
      act: async () => {
        const who = pick(people);
        const shares = upTo(parseUnits("20000", await vault.decimals()));
        await priced(900);
        await fundAndApprove(world, who, market.quote, quoteUnits(world, "60000"), world.addresses.vault);
        return await vault.connect(who).mint(shares, who);
      },
    },
    {
      name: "request",
      weight: 7,
      act: async () => {
        const who = some(await holders());
        const shares = upTo((await vault.balanceOf(who)) / 4n);
        return await vault.connect(who).requestRedeem(shares, coin() ? who : pick(people), who);
      },
    },
    {
      name: "request that waits",
      weight: 12,
      act: async () => {
        const who = some(await holders());
        await twin.advance(SILENCE_SECONDS);
        const shares = upTo((await vault.balanceOf(who)) / 3n);
        return await vault.connect(who).requestRedeem(shares, coin() ? who : pick(people), who);
      },
    },
    {
      name: "request by operator",
      weight: 3,
      act: async () => {
        const [owner, operator] = some([...operators]).split(" ") as [string, string];
        const by = await signerOf(operator);
        if (by === undefined) throw new NothingToDo();
        return await vault.connect(by).requestRedeem(upTo((await vault.balanceOf(owner)) / 5n), owner, owner);
      },
    },
    {
      name: "settle",
      weight: 3,
      act: async () => {
        some(await openRequests());
        await priced(900);
        return await vault.connect(pick(people)).settle(BigInt(int(1, 3)));
      },
    },
    {
      name: "settle in part",
      weight: 7,
      act: async () => {
        const [head] = await openRequests();
        if (head === undefined) throw new NothingToDo();
        const pending = await vault.pendingRedeemRequest(head.id, head.who);
        await priced(900);
        return await vault.connect(pick(people)).settleShares(2n, upTo((pending * 3n) / 2n));
      },
    },
    {
      name: "cancel",
      weight: 6,
      act: async () => {
        const request = some(await openRequests());
        const sent = await vault.connect(request.who).cancelRedeemRequest(request.id, request.who);
        cancelled.push(request);
        return sent;
      },
    },
    {
      name: "take cancelled shares back",
      weight: 4,
      act: async () => {
        const { id, who } = some(cancelled);
        return await vault.connect(who).claimCancelRedeemRequest(id, coin() ? who : pick(people), who);
      },
    },
    {
      name: "claim by shares",
      weight: 5,
      act: async () => {
        const { who, shares } = some(await claimants());
        return await vault.connect(who).redeem(coin() ? shares : upTo(shares), pick(people), who);
      },
    },
    {
      name: "claim by assets",
      weight: 4,
      act: async () => {
        const { who } = some(await claimants());
        return await vault.connect(who).withdraw(upTo(await vault.maxWithdraw(who)), pick(people), who);
      },
    },
    {
      name: "leave in kind",
      weight: 5,
      act: async () => {
        const { id, who } = some(await openRequests());
        await twin.advance(SILENCE_SECONDS);
        await fundAndApprove(world, who, market.base, parseUnits("50", market.baseDecimals), world.addresses.vault);
        return await vault.connect(who).exitInKind(id, who, MAX_UINT256, 0n);
      },
    },
    {
      name: "transfer",
      weight: 4,
      act: async () => {
        const who = some(await holders());
        return await vault.connect(who).transfer(pick(people), upTo((await vault.balanceOf(who)) / 3n));
      },
    },
    {
      name: "send shares to the vault",
      weight: 1,
      act: async () => await vault.connect(some(await holders())).transfer(world.addresses.vault, 1_000n),
    },
    {
      name: "transfer by allowance",
      weight: 2,
      act: async () => {
        const [owner, spender] = [some(await holders()), pick(people)];
        await vault.connect(owner).approve(spender, 10_000n);
        return await vault.connect(spender).transferFrom(owner, pick(people), 7_000n);
      },
    },
    {
      name: "operator",
      weight: 4,
      act: async () => {
        const [owner, operator] = [pick(people), pick(people)];
        const key = `${await owner.getAddress()} ${await operator.getAddress()}`;
        const isNew = !operators.delete(key);
        if (isNew) operators.add(key);
        return await vault.connect(owner).setOperator(operator, isNew);
      },
    },
    {
      name: "market",
      weight: 20,
      act: async () => {
        await resumeAll();
        const price = Math.min(HIGHEST_PRICE, Math.max(LOWEST_PRICE, (await priceNow()) * (1 + int(-400, 400) / 1e4)));
        await world.actors.step({ price, volumeQuote: int(0, 4) * 5e5, seconds: int(100, 3_000) });
        return await world.tick();
      },
    },
    { name: "accrue", weight: 3, act: async () => await vault.connect(pick(people)).accrueFees() },
    {
      name: "set fees",
      weight: 3,
      act: async () => await vault.setFees(people[0] as Signer, BigInt(int(0, 200)), BigInt(int(0, 2_000))),
    },
    {
      name: "apply fees",
      weight: 2,
      act: async () => {
        const { nextAt } = await vault.feeTerms();
        if (nextAt === 0n) throw new NothingToDo();
        await twin.advanceTo(Math.max(Number(nextAt), (await twin.timestamp()) + 1));
        await priced(900);
        return await vault.connect(pick(people)).applyFees();
      },
    },
    {
      name: "cap",
      weight: 1,
      act: async () => await vault.setDepositCap(quoteUnits(world, String(int(50_000_000, 90_000_000)))),
    },
    {
      name: "params",
      weight: 2,
      act: async () => {
        const policy = policyContract(world.addresses.policy, admin);
        const { params } = (await world.snapshot()).vault.policy;
        return await policy.setParams({
          ...params,
          maxLossBpsPerDay: BigInt(int(100, 300)),
          maxTurnoverBpsPerDay: BigInt(int(40_000, 60_000)),
          exitDelaySeconds: BigInt(int(1, 3_600)),
        });
      },
    },
    {
      name: "pause deposits",
      weight: 2,
      act: async () =>
        (await vault.depositsPaused()) ? await vault.resumeDeposits() : await vault.connect(guardian).pauseDeposits(),
    },
    {
      name: "pause keeper",
      weight: 2,
      act: async () =>
        (await vault.keeperPaused()) ? await vault.resumeKeeper() : await vault.connect(guardian).pauseKeeper(),
    },
    {
      name: "propose and cancel an adapter",
      weight: 2,
      act: async () => {
        await vault.proposeAdapterChange(ZERO, await cloneHedge());
        return await vault.connect(guardian).cancelAdapterChange();
      },
    },
    { name: "reconcile", weight: 1, act: async () => await vault.connect(pick(people)).reconcile() },
  ];
  const total = deeds.reduce((sum, { weight }) => sum + weight, 0);

  const count = (name: string): void => {
    done.set(name, (done.get(name) ?? 0) + 1);
  };
  const attempt = async ({ name, act }: Deed): Promise<void> => {
    try {
      await act();
      count(name);
    } catch (error) {
      // Refusals with a name are part of life; anything else is a defect of the test or of the vault.
      if (error instanceof NothingToDo) return;
      await revertOf(Promise.reject(error instanceof Error ? error : new Error(String(error))));
    }
  };
  const must = async (name: string, act: () => Promise<unknown>): Promise<void> => {
    await act();
    count(name);
  };

  // --- adapters

  const coder = AbiCoder.defaultAbiCoder();
  const scale = 10n ** BigInt(18 + market.baseDecimals - market.quoteDecimals);
  const clone = async (implementation: string, args: string, kind: number): Promise<string> => {
    const factory = factoryContract(world.system.factory, admin);
    const spec = { implementation, args };
    const address = await factory.cloneAdapter.staticCall(spec, world.addresses.vault, kind);
    await factory.cloneAdapter(spec, world.addresses.vault, kind);
    return address;
  };
  const cloneHedge = async (): Promise<string> =>
    await clone(
      world.system.aaveV3Implementation,
      coder.encode(
        ["address", "address", "address", "address", "address", "uint256"],
        [
          twin.addresses.aavePool,
          market.base,
          market.quote,
          market.quoteReserve.aToken,
          market.baseReserve.variableDebtToken,
          scale,
        ],
      ),
      AdapterKind.hedge,
    );
  const change = async (current: string, next: string): Promise<void> => {
    await vault.proposeAdapterChange(current, next);
    await twin.advance(EXIT_WINDOW_SECONDS);
    await vault.executeAdapterChange();
    await priced(900);
  };
  const spareHedge = async (): Promise<string> => {
    const [, spare] = await vault.hedges();
    if (spare === undefined) throw new Error("there is no second hedge");
    return spare;
  };
  const resumeAll = async (): Promise<void> => {
    if (await vault.keeperPaused()) await vault.resumeKeeper();
    if (await vault.depositsPaused()) await vault.resumeDeposits();
  };
  const settleAll = async (): Promise<void> => {
    await priced(900);
    while ((await openRequests()).length > 0) await vault.settle(5n);
  };

  return {
    people,
    done,
    async step() {
      let at = int(1, total);
      const deed = deeds.find(({ weight }) => (at -= weight) <= 0);
      if (deed !== undefined) await attempt(deed);
    },
    addHedge: async () => await must("hedge added", async () => await change(ZERO, await cloneHedge())),
    replaceHedge: async () =>
      await must("hedge replaced", async () => await change(await spareHedge(), await cloneHedge())),
    dropHedge: async () => await must("hedge dropped", async () => await change(await spareHedge(), ZERO)),
    async replaceLiquidity() {
      await must("liquidity replaced", async () => {
        await resumeAll();
        await priced(900);
        const { ranges } = (await world.snapshot()).vault;
        await send(ranges.map((range) => ({ kind: "removeLiquidity", ...range })));
        const next = await clone(
          world.system.uniswapV3Implementation,
          coder.encode(
            ["address", "address", "address", "bool", "uint256"],
            [market.pool, market.token0, market.token1, market.baseIsToken0, scale],
          ),
          AdapterKind.liquidity,
        );
        await change(await vault.liquidity(), next);
        await world.tick();
      });
    },
    async hedgeWithoutKeeper() {
      await must("hedged without keeper", async () => {
        await resumeAll();
        await priced(900);
        await world.deposit(people[1] as Signer, "500000");
        await priced(900);
        for (let i = 0; i < 3; i++) await world.tick();
        await world.actors.step({ price: (await priceNow()) * 0.8, seconds: 900 });
        await twin.advance(2_000);
        await world.actors.step({ price: await priceNow(), seconds: 900 });
        await vault.connect(pick(people)).hedgeNow();
      });
    },
    async liquidate(factor) {
      await must("liquidated", async () => {
        const price = await priceNow();
        await world.actors.step({ price: price * factor, seconds: 900 });
        await liquidateHedge(world, keeper);
        await vault.connect(pick(people)).reconcile();
        await vault.clearDegraded();
        await world.actors.step({ price, seconds: 900 });
      });
    },
    async passPlaces() {
      await must("places passed", async () => {
        await resumeAll();
        await settleAll();
        const [who] = people as [Signer];
        await world.deposit(who, "50000");
        await twin.advance(SILENCE_SECONDS);
        const shares = (await vault.balanceOf(who)) / 20n;
        const first = await vault.queueTail();
        for (let i = 0; i < 6; i++) await vault.connect(who).requestRedeem(shares, who, who);
        for (const place of [0n, 1n, 3n]) await vault.connect(who).cancelRedeemRequest(first + place, who);
        await vault.settle(1n); // an empty place alone: no price is asked for
        await vault.settleShares(9n, 1n); // the other one, and a crumb, for which nothing is moved
        await priced(900);
        await vault.settleShares(9n, shares + shares / 2n); // the rest of a request, an empty place, a part of the next
        await vault.connect(who).cancelRedeemRequest(first + 4n, who); // settled in part: the head goes on
        await vault.settle(1n);
      });
    },
    async end() {
      await must("wind-down", async () => {
        await settleAll();
        await twin.advance(DAY);
        const waiting = await holders();
        for (const who of waiting) await vault.connect(who).requestRedeem(await vault.balanceOf(who), who, who);
        await vault.connect(guardian).startWindDown();
        const [first] = await openRequests();
        if (first === undefined) throw new Error("nobody is left to wind down for");
        await fundAndApprove(
          world,
          first.who,
          market.base,
          parseUnits("5000", market.baseDecimals),
          world.addresses.vault,
        );
        await vault.connect(first.who).exitInKind(first.id, first.who, MAX_UINT256, 0n);
        await settleAll();
        for (const { who, shares } of await claimants()) await vault.connect(who).redeem(shares, who, who);
      });
    },
  };
}
