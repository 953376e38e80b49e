// The mutants of `npm run mutants`: one deliberate mistake each, and the tests that exist to notice it.

import { GMX_MUTANTS } from "./gmx.ts";

/** A mistake in one source, and who must see it. */
export interface Mutant {
  /** Short and unique; what `--only` takes. */
  readonly id: string;
  /** The source that is changed, from the root of the project. */
  readonly file: string;
  /** Text of the source, occurring exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Test files (`*.test.ts`, `*.t.sol`); every one of them must fail. */
  readonly kills: readonly string[];
  /** What the mistake would mean, in one sentence. */
  readonly why: string;
}

export const MUTANTS: readonly Mutant[] = [
  // --- contracts/RiskPolicy.sol
  {
    id: "policy-cooldown-off-by-one",
    file: "contracts/RiskPolicy.sol",
    find: "if (block.timestamp < readyAt && !_riskFell",
    replace: "if (block.timestamp <= readyAt && !_riskFell",
    kills: ["test/integration/riskPolicy.test.ts"],
    why: "The keeper would be barred in the very second its cooldown ends.",
  },
  {
    id: "policy-overshoot-allowed",
    file: "contracts/RiskPolicy.sol",
    find: "bool sameSign = (before.deltaBase >= 0) == (afterwards.deltaBase >= 0);",
    replace: "bool sameSign = true;",
    kills: ["test/integration/riskPolicy.test.ts"],
    why: "A plan could turn a long exposure outside the band into a smaller short one, also outside it.",
  },
  {
    id: "policy-bucket-overflows",
    file: "contracts/RiskPolicy.sol",
    find: "if (lossLevel > FULL) revert",
    replace: "if (lossLevel > 2 * FULL) revert",
    kills: ["test/integration/riskPolicy.test.ts"],
    why: "The keeper could lose one and a half times the daily budget.",
  },
  {
    id: "policy-loss-not-remembered",
    file: "contracts/RiskPolicy.sol",
    find: "_lossLevel = uint104(lossLevel);",
    replace: "_lossLevel = uint104(lossLevel == 0 ? 0 : _lossLevel);",
    kills: ["test/integration/riskPolicy.test.ts"],
    why: "Every action would start with an empty bucket: the budget would be one of an action, not of a day.",
  },
  {
    id: "policy-health-floor-ignored",
    file: "contracts/RiskPolicy.sol",
    find: "if (afterwards.healthWad < floorWad && afterwards.healthWad < before.healthWad) {",
    replace: "if (afterwards.healthWad < floorWad && afterwards.healthWad > before.healthWad) {",
    kills: ["test/integration/riskPolicy.test.ts"],
    why: "A plan could push a hedge towards its liquidation, and one that helps would be refused.",
  },
  {
    id: "policy-floor-deaf-to-volatility",
    file: "contracts/RiskPolicy.sol",
    find: "if (afterwards.healthWad < floorWad) floorWad = _floorWad(p, volatility().refresh());",
    replace: "if (afterwards.healthWad < floorWad) floorWad = _floorWad(p, 0);",
    kills: ["test/integration/limits.test.ts"],
    why: "The margin would not follow the market.",
  },
  {
    id: "policy-turnover-never-waived",
    file: "contracts/RiskPolicy.sol",
    find: "if (!deltaFell) revert RiskPolicy_TurnoverExceeded(levelQuote, capacity);",
    replace: "revert RiskPolicy_TurnoverExceeded(levelQuote, capacity);",
    kills: ["test/integration/limits.test.ts"],
    why: "A crash day could lock the hedge in the wrong place.",
  },
  {
    id: "policy-turnover-free",
    file: "contracts/RiskPolicy.sol",
    find: "turnoverLevel += Math.mulDiv(turnover, FULL, capacity, Math.Rounding.Ceil);",
    replace: "turnoverLevel += 0;",
    kills: ["test/integration/limits.test.ts"],
    why: "A stolen key could trade without end inside the gap between feed and market.",
  },
  {
    id: "policy-emergency-any-time",
    file: "contracts/RiskPolicy.sol",
    find: "if (block.timestamp < silentAt) revert",
    replace: "if (block.timestamp > silentAt + 365 days) revert",
    kills: ["test/integration/hedgeNow.test.ts"],
    why: "Strangers could hedge, for a bounty, while the keeper is at work.",
  },
  {
    id: "policy-emergency-inside-band",
    file: "contracts/RiskPolicy.sol",
    find: "if (SignedMath.abs(before.deltaBase) <= limitBase) {",
    replace: "if (SignedMath.abs(before.deltaBase) == 0) {",
    kills: ["test/integration/hedgeNow.test.ts"],
    why: "Strangers could collect bounties for hedging next to nothing.",
  },
  {
    id: "policy-slippage-below-fee",
    file: "contracts/RiskPolicy.sol",
    find: `_requireWithin("maxSlippageBps", p.maxSlippageBps, feeBps + 1, MAX_SLIPPAGE_BPS);`,
    replace: `_requireWithin("maxSlippageBps", p.maxSlippageBps, 1, MAX_SLIPPAGE_BPS);`,
    kills: ["test/integration/riskPolicy.test.ts"],
    why: "The owner could set a bound at which no redemption that needs a swap ever settles.",
  },
  {
    id: "policy-anybody-enforces",
    file: "contracts/RiskPolicy.sol",
    find: "if (msg.sender != vault) revert RiskPolicy_OnlyVault(msg.sender);",
    replace: "",
    kills: ["test/integration/riskPolicy.test.ts"],
    why: "Anybody could fill the buckets and lock the keeper out.",
  },
  // --- contracts/libraries/LeakyBucket.sol
  {
    id: "bucket-leaks-rounded-up",
    file: "contracts/libraries/LeakyBucket.sol",
    find: "Math.mulDiv(capacity, elapsedSeconds, PERIOD_SECONDS)",
    replace: "Math.mulDiv(capacity, elapsedSeconds, PERIOD_SECONDS, Math.Rounding.Ceil)",
    kills: ["test/unit/contracts/LeakyBucket.t.sol"],
    why: "Waiting in many small steps would drain the bucket faster than its rate.",
  },
  // --- contracts/libraries/PriceMath.sol
  {
    id: "price-signed-rounds-to-zero",
    file: "contracts/libraries/PriceMath.sol",
    find: ": -int256(quoteOf(uint256(-base), priceWad, scale, Math.Rounding.Ceil));",
    replace: ": -int256(quoteOf(uint256(-base), priceWad, scale, Math.Rounding.Floor));",
    kills: ["test/unit/contracts/PriceMath.t.sol"],
    why: "A debt would be valued a unit too small.",
  },
  {
    id: "price-deviation-one-sided",
    file: "contracts/libraries/PriceMath.sol",
    find: "return ratioWad * BPS >= WAD * (BPS - deviationBps) && ratioWad * BPS <= WAD * (BPS + deviationBps);",
    replace: "return ratioWad * BPS >= WAD * (BPS - deviationBps);",
    kills: ["test/unit/contracts/PriceMath.t.sol"],
    why: "A pool pushed up would pass for agreeing with the feed.",
  },
  // --- contracts/libraries/RangeMath.sol
  {
    id: "range-boundary-tick",
    file: "contracts/libraries/RangeMath.sol",
    find: "uint256 below = tick >= tickLower ?",
    replace: "uint256 below = tick > tickLower ?",
    kills: ["test/unit/contracts/RangeMath.t.sol"],
    why: "Exactly on its lower tick a range would see the fees of the other side.",
  },
  // --- contracts/vault/RedemptionQueue.sol
  {
    id: "queue-claims-out-of-order",
    file: "contracts/vault/RedemptionQueue.sol",
    find: "if (settledShares == 0) r.settledBefore = c.settledShares;",
    replace: "if (settledShares == 0) r.settledBefore = 0;",
    kills: ["test/integration/redemption.test.ts"],
    why: "A second request would report the first one's claim as its own.",
  },
  {
    id: "queue-cancel-forgets-settled-part",
    file: "contracts/vault/RedemptionQueue.sol",
    find: `            headSettledShares = 0;
            ++_done;`,
    replace: "            ++_done;",
    kills: ["test/integration/netting.test.ts"],
    why: "After a cancelled rest the next request would count as partly settled.",
  },
  {
    id: "queue-stranger-cancels",
    file: "contracts/vault/RedemptionQueue.sol",
    find: "if (r.controller != controller) revert",
    replace: "if (r.controller == address(0)) revert",
    kills: ["test/integration/redemption.test.ts"],
    why: "Anybody could take somebody else's request, and its shares, out of the queue.",
  },
  {
    id: "queue-payout-rounds-up",
    file: "contracts/vault/RedemptionQueue.sol",
    find: "_settleOne(id, pending, settledShares, assets.mulDiv(pending, head.shares))",
    replace: "_settleOne(id, pending, settledShares, assets.mulDiv(pending, head.shares, Math.Rounding.Ceil))",
    kills: ["test/unit/contracts/RedemptionQueue.t.sol"],
    why: "Several leavers together would be promised more than was raised.",
  },
  // --- contracts/HedgedVault.sol
  {
    id: "queue-exit-delay-retroactive",
    file: "contracts/HedgedVault.sol",
    find: "if (!windDown() && block.timestamp < _exitOpensAt(requestId)) {",
    replace: "if (!windDown() && block.timestamp < _exitOpensAt(requestId) + 1 hours) {",
    kills: ["test/integration/exitInKind.test.ts"],
    why: "The way out would open later than was promised.",
  },
  {
    id: "vault-deposit-at-middle",
    file: "contracts/HedgedVault.sol",
    find: "return _toShares(assets - cost, b.navMaxQuote, supply, Math.Rounding.Floor);",
    replace: "return _toShares(assets - cost, b.navQuote, supply, Math.Rounding.Floor);",
    kills: ["test/integration/deposit.test.ts"],
    why: "A depositor could use the oracle's lag to buy in below the highest value of its band.",
  },
  {
    id: "vault-mint-rounds-down",
    file: "contracts/HedgedVault.sol",
    find: "uint256 net = _toAssets(shares, b.navMaxQuote, supply, Math.Rounding.Ceil);",
    replace: "uint256 net = _toAssets(shares, b.navMaxQuote, supply, Math.Rounding.Floor);",
    kills: ["test/integration/deposit.test.ts"],
    why: "A minter would get shares a unit too cheap, as often as it likes.",
  },
  {
    id: "vault-deposit-on-sick-oracle",
    file: "contracts/HedgedVault.sol",
    find: `    function _depositBook(Pair memory p) private view returns (Book memory b, LiquidityState memory state) {
        OracleReading memory reading = _oracle(p).read(true);
        if (reading.flags != 0)`,
    replace: `    function _depositBook(Pair memory p) private view returns (Book memory b, LiquidityState memory state) {
        OracleReading memory reading = _oracle(p).read(true);
        if (reading.priceWad == 0)`,
    kills: ["test/integration/deposit.test.ts"],
    why: "Deposits would be priced by stale feeds and a bent pool.",
  },
  {
    id: "vault-entry-for-free",
    file: "contracts/HedgedVault.sol",
    find: "return _toShares(assets - cost, b.navMaxQuote",
    replace: "return _toShares(assets, b.navMaxQuote",
    kills: ["test/integration/entryCost.test.ts"],
    why: "The others would pay for hedging what a newcomer brings.",
  },
  {
    id: "vault-fees-do-not-vest",
    file: "contracts/HedgedVault.sol",
    find: "else realised = realised.saturatingSub(locked.mulDiv(part.shares, part.supply, Math.Rounding.Ceil));",
    replace: "else realised = realised.saturatingSub(0);",
    kills: ["test/integration/entryCost.test.ts"],
    why: "Just-in-time capital would carry the fees of a single trade away.",
  },
  {
    id: "vault-netting-at-the-top",
    file: "contracts/HedgedVault.sol",
    find: "uint256 nav = b.navMinQuote.saturatingSub(locked);",
    replace: "uint256 nav = b.navMaxQuote;",
    kills: ["test/integration/netting.test.ts"],
    why: "Those who wait would be paid more than their part out of a newcomer's pocket.",
  },
  {
    id: "vault-settle-blind-to-losses",
    file: "contracts/HedgedVault.sol",
    find: `        _reconcile();
        Pair memory p`,
    replace: "        Pair memory p",
    kills: ["test/integration/aaveHedge.test.ts"],
    why: "A settlement after a liquidation would go on as if nothing had happened.",
  },
  {
    id: "vault-keeper-cannot-be-stopped",
    file: "contracts/HedgedVault.sol",
    find: "if (_state.mode & MODE_KEEPER_PAUSED != 0) revert HedgedVault_KeeperPaused();",
    replace: "",
    kills: ["test/integration/limits.test.ts"],
    why: "The guardian could not stop a stolen key.",
  },
  {
    id: "vault-slippage-does-not-rise",
    file: "contracts/HedgedVault.sol",
    find: "bps += ((WIND_DOWN_SLIPPAGE_BPS - bps) * elapsed) / WIND_DOWN_SECONDS;",
    replace: "bps += 0 * elapsed;",
    kills: ["test/integration/windDown.test.ts"],
    why: "In a thin market the wind-down would never end.",
  },
  {
    id: "vault-pay-outside-operations",
    file: "contracts/HedgedVault.sol",
    find: "!_reentrancyGuardEntered() || (msg.sender != address(_state.liquidity) && !_isHedge(msg.sender))",
    replace: "msg.sender != address(_state.liquidity) && !_isHedge(msg.sender)",
    kills: ["test/integration/aaveHedge.test.ts"],
    why: "An adapter could take tokens from the vault when no operation is under way.",
  },
  {
    id: "vault-allowance-not-spent",
    file: "contracts/HedgedVault.sol",
    find: "if (owner != msg.sender && !isOperator[owner][msg.sender]) _spendAllowance(owner, msg.sender, shares);",
    replace: "if (owner != msg.sender && !isOperator[owner][msg.sender]) allowance(owner, msg.sender);",
    kills: ["test/integration/redemption.test.ts"],
    why: "Anybody could put anybody's shares into the queue.",
  },
  {
    id: "vault-cap-ignored",
    file: "contracts/HedgedVault.sol",
    find: "if (b.navQuote + assets > cap) revert",
    replace: "if (assets > cap) revert",
    kills: ["test/integration/deposit.test.ts"],
    why: "The deposit cap would hold for single deposits only.",
  },
  {
    id: "vault-views-open-inside",
    file: "contracts/HedgedVault.sol",
    find: "function totalAssets() public view nonReentrantView returns (uint256) {",
    replace: "function totalAssets() public view returns (uint256) {",
    kills: ["test/integration/rebalance.test.ts"],
    why: "Somebody who reads the vault in the middle of an operation would see half of it.",
  },
  // --- contracts/vault/Operations.sol
  {
    id: "operations-pool-not-checked-after",
    file: "contracts/vault/Operations.sol",
    find: "if (flags != 0) revert IHedgedVault.HedgedVault_OracleUnhealthy(flags);",
    replace: "if (flags == type(uint256).max) revert IHedgedVault.HedgedVault_OracleUnhealthy(flags);",
    kills: ["test/integration/rebalance.test.ts"],
    why: "A plan could be judged while its own trade, or an accomplice, holds the pool bent.",
  },
  {
    id: "operations-health-may-fall",
    file: "contracts/vault/Operations.sol",
    find: "if (op.bounds.riskMayOnlyFall && afterwards.healthWad < op.before.healthWad) {",
    replace: "if (op.bounds.riskMayOnlyFall && afterwards.healthWad == 0) {",
    kills: ["test/integration/aaveHedge.test.ts"],
    why: "In degraded mode a keeper could draw the margin off that keeps the rest alive.",
  },
  {
    id: "operations-generous-bounty",
    file: "contracts/vault/Operations.sol",
    find: "uint256 private constant BOUNTY_BPS = 5;",
    replace: "uint256 private constant BOUNTY_BPS = 50;",
    kills: ["test/integration/hedgeNow.test.ts"],
    why: "Hedging in the keeper's absence would cost ten times what was said.",
  },
  {
    id: "operations-old-plans-run",
    file: "contracts/vault/Operations.sol",
    find: "if (promised.expectedEpoch != current) {",
    replace: "if (promised.expectedEpoch > current) {",
    kills: ["test/integration/rebalance.test.ts"],
    why: "A plan could run twice, or after another that made it wrong.",
  },
  {
    id: "operations-books-left-open",
    file: "contracts/vault/Operations.sol",
    find: "s.close(context.pair, context.reservedQuote);",
    replace: "",
    kills: ["test/integration/rebalance.test.ts"],
    why: "An adapter that reports more than it paid would go unnoticed.",
  },
  // --- contracts/vault/PlanRunner.sol
  {
    id: "plan-narrow-ranges",
    file: "contracts/vault/PlanRunner.sol",
    find: "if (width < int256(bounds.minRangeTicks)) {",
    replace: "if (width < 0) {",
    kills: ["test/integration/limits.test.ts"],
    why: "A range of a single tick spacing would turn the delta over inside the oracle's gap.",
  },
  {
    id: "plan-adds-in-degraded-mode",
    file: "contracts/vault/PlanRunner.sol",
    find: "if (bounds.riskMayOnlyFall) revert IHedgedVault.HedgedVault_RiskMayOnlyFall(index);",
    replace: "",
    kills: ["test/integration/aaveHedge.test.ts"],
    why: "A vault that lost its hedge could take on more of what the hedge was for.",
  },
  {
    id: "plan-blind-re-short",
    file: "contracts/vault/PlanRunner.sol",
    find: "if (bounds.riskMayOnlyFall && action.amount < 0) revert",
    replace: "if (bounds.riskMayOnlyFall && action.amount == 0) revert",
    kills: ["test/integration/aaveHedge.test.ts"],
    why: "A liquidated short would be opened again at the worst moment.",
  },
  // --- contracts/vault/Operations.sol
  {
    id: "plan-short-without-quote",
    file: "contracts/vault/Operations.sol",
    find: "if (shortfall > op.shortfallBefore + SHORTFALL_ROUNDING_UNITS) {",
    replace: "if (shortfall == type(uint256).max) {",
    kills: ["test/integration/limits.test.ts"],
    why: "A keeper could leave a state in which no redemption settles for want of quote.",
  },
  // --- contracts/vault/SwapLimit.sol
  {
    id: "swap-limit-from-nowhere",
    file: "contracts/vault/SwapLimit.sol",
    find: "return Math.mulDiv(worth, BPS + slippageBps, BPS, Math.Rounding.Ceil) + POOL_ROUNDING_UNITS;",
    replace: "return Math.mulDiv(worth, BPS + 3 * slippageBps, BPS, Math.Rounding.Ceil) + POOL_ROUNDING_UNITS;",
    kills: ["test/integration/liquidity.test.ts"],
    why: "Purchases could cost three times the slippage that the policy allows.",
  },
  // --- contracts/vault/VaultFees.sol
  {
    id: "fees-above-the-cap",
    file: "contracts/vault/VaultFees.sol",
    find: "uint256 internal constant MAX_MANAGEMENT_BPS = 200;",
    replace: "uint256 internal constant MAX_MANAGEMENT_BPS = 400;",
    kills: ["test/integration/fees.test.ts"],
    why: "The owner could take twice what was promised as the most.",
  },
  {
    id: "fees-rise-at-once",
    file: "contracts/vault/VaultFees.sol",
    find: "Math.min(managementBps, terms.managementBps)",
    replace: "managementBps",
    kills: ["test/integration/fees.test.ts"],
    why: "A higher fee would count before anybody could leave.",
  },
  {
    id: "fees-forget-the-mark",
    file: "contracts/vault/VaultFees.sol",
    find: "if (highWater != terms.highWater) terms.highWater = uint184(highWater);",
    replace: "",
    kills: ["test/integration/fees.test.ts"],
    why: "The same gain would be charged again and again.",
  },
  {
    id: "fees-applied-early",
    file: "contracts/vault/VaultFees.sol",
    find: "if (readyAt == 0 || block.timestamp < readyAt) revert",
    replace: "if (readyAt == 0) revert",
    kills: ["test/integration/fees.test.ts"],
    why: "The exit window before a higher fee would be gone.",
  },
  // --- contracts/vault/AdapterChanges.sol
  {
    id: "adapters-no-exit-window",
    file: "contracts/vault/AdapterChanges.sol",
    find: "if (c.readyAt == 0 || block.timestamp < c.readyAt) revert",
    replace: "if (c.readyAt == 0) revert",
    kills: ["test/integration/adapters.test.ts"],
    why: "An owner could put another venue under the holders overnight.",
  },
  {
    id: "adapters-replaced-while-in-use",
    file: "contracts/vault/AdapterChanges.sol",
    find: "if (c.current != address(0) && !_isGone(c.current)) {",
    replace: "if (c.current != address(0) && c.current.code.length == 0) {",
    kills: ["test/integration/adapters.test.ts"],
    why: "A hedge with money in it would drop out of the books.",
  },
  {
    id: "adapters-of-anybody",
    file: "contracts/vault/AdapterChanges.sol",
    find: "if (next != address(0) && !registry.isAdapterOf(next, address(this), kind)) {",
    replace: "if (next != address(0) && next.code.length == 0) {",
    kills: ["test/integration/adapters.test.ts"],
    why: "Code that nobody looked at could become an adapter.",
  },
  // --- contracts/AdapterRegistry.sol
  {
    id: "registry-adapter-of-another-vault",
    file: "contracts/AdapterRegistry.sol",
    find: "madeFor == uint160(vault) &&",
    replace: "madeFor != 0 &&",
    kills: ["test/integration/adapters.test.ts"],
    why: "A vault could be given an adapter that pays another vault.",
  },
  // --- contracts/vault/Unwinder.sol
  {
    id: "unwind-short-for-free",
    file: "contracts/vault/Unwinder.sol",
    find: "int256 surplusBase = int256(w.shareBase) - int256(_baseToUnwind(s, part, 0));",
    replace: "int256 surplusBase = int256(w.shareBase);",
    kills: ["test/integration/redemption.test.ts"],
    why: "Whoever leaves would leave the own part of the short to the others.",
  },
  {
    id: "unwind-in-kind-without-bringing",
    file: "contracts/vault/Unwinder.sol",
    find: "if (baseIn > exit.maxBaseIn) revert",
    replace: "if (baseIn == type(uint256).max) revert",
    kills: ["test/integration/exitInKind.test.ts"],
    why: "An exit would take more base from its caller than was allowed.",
  },
  // --- contracts/vault/Till.sol
  {
    id: "till-insolvent",
    file: "contracts/vault/Till.sol",
    find: "if (heldQuote < owedQuote) revert",
    replace: "if (heldQuote == 0 && owedQuote != 0) revert",
    kills: ["test/integration/rebalance.test.ts"],
    why: "The books could promise quote that is not there.",
  },
  // --- contracts/vault/FeeLedger.sol
  {
    id: "ledger-vests-at-once",
    file: "contracts/vault/FeeLedger.sol",
    find: "return left + fresh;",
    replace: "return left;",
    kills: ["test/integration/entryCost.test.ts"],
    why: "Fees of the trade that just happened would count as earned by whoever came before it.",
  },
  // --- contracts/vault/Valuation.sol
  {
    id: "valuation-top-of-band",
    file: "contracts/vault/Valuation.sol",
    find: "b.navMaxQuote = top > 0 ? uint256(top) + drift : 0;",
    replace: "b.navMaxQuote = top > 0 ? uint256(top) + drift / 1e18 : 0;",
    kills: ["test/integration/deposit.test.ts"],
    why: "The highest value would leave the oracle's uncertainty out.",
  },
  // --- contracts/liquidity/UniswapV3Liquidity.sol
  {
    id: "liquidity-anybody-bills",
    file: "contracts/liquidity/UniswapV3Liquidity.sol",
    find: `    function uniswapV3MintCallback(uint256 amount0Owed, uint256 amount1Owed, bytes calldata) external {
        UniswapV3LiquidityArgs memory a = args();
        if (msg.sender != a.pool) revert Liquidity_OnlyPool(msg.sender);`,
    replace: `    function uniswapV3MintCallback(uint256 amount0Owed, uint256 amount1Owed, bytes calldata) external {
        UniswapV3LiquidityArgs memory a = args();`,
    kills: ["test/integration/liquidity.test.ts"],
    why: "Anybody could send the vault the pool's bill.",
  },
  {
    id: "liquidity-fees-all-to-the-leaver",
    file: "contracts/liquidity/UniswapV3Liquidity.sol",
    find: "out.shareQuote += principal1 + (fees1 * numerator) / denominator;",
    replace: "out.shareQuote += principal1 + fees1;",
    kills: ["test/integration/liquidity.test.ts"],
    why: "Whoever leaves first would take everybody's fees.",
  },
  // --- contracts/hedges/AaveV3Hedge.sol
  {
    id: "hedge-anybody-moves",
    file: "contracts/hedges/AaveV3Hedge.sol",
    find: "if (msg.sender != a.vault) revert Hedge_OnlyVault(msg.sender);",
    replace: "",
    kills: ["test/integration/aaveHedge.test.ts"],
    why: "Anybody could close the hedge.",
  },
  {
    id: "hedge-loss-unseen",
    file: "contracts/hedges/AaveV3Hedge.sol",
    find: "state.lost = scaledCollateral + LOSS_TOLERANCE_UNITS < recordedScaledCollateral;",
    replace: "state.lost = scaledCollateral + 1e12 < recordedScaledCollateral;",
    kills: ["test/integration/aaveHedge.test.ts"],
    why: "A small liquidation would go unnoticed.",
  },
  {
    id: "hedge-strangers-settle-memory",
    file: "contracts/hedges/AaveV3Hedge.sol",
    find: "if (msg.sender == a.vault) {",
    replace: "if (msg.sender != address(0)) {",
    kills: ["test/integration/aaveHedge.test.ts"],
    why: "Anybody could make the hedge forget a loss before the vault learns of it.",
  },
  {
    id: "hedge-bad-debt-is-ours",
    file: "contracts/hedges/AaveV3Hedge.sol",
    find: "if (_distressed && collateral < debtQuote) {",
    replace: "if (_distressed && collateral == debtQuote) {",
    kills: ["test/integration/exitInKind.test.ts"],
    why: "Leavers would pay Aave for a loan that binds nobody.",
  },
  {
    id: "hedge-planted-collateral",
    file: "contracts/hedges/AaveV3Hedge.sol",
    find: "Math.min(_scaledCollateral(a), recordedScaledCollateral) <= LOSS_TOLERANCE_UNITS",
    replace: "_scaledCollateral(a) <= LOSS_TOLERANCE_UNITS",
    kills: ["test/integration/adapters.test.ts"],
    why: "A stranger could keep a hedge from being replaced with a crumb of collateral.",
  },
  // --- contracts/liquidity/UniswapV3Liquidity.sol
  {
    id: "liquidity-forged-pool",
    file: "contracts/liquidity/UniswapV3Liquidity.sol",
    find: "factory.getPool(token0, token1, IUniswapV3Pool(a.pool).fee()) == a.pool",
    replace: "a.pool.code.length != 0",
    kills: ["test/integration/adapters.test.ts"],
    why: "An owner could point admitted code at a pool of its own.",
  },
  // --- contracts/HedgedVault.sol
  {
    id: "vault-deposit-while-liquidatable",
    file: "contracts/HedgedVault.sol",
    find: `if (b.healthWad < WAD) return "liquidatable";`,
    replace: "",
    kills: ["test/integration/windDown.test.ts"],
    why: "A newcomer would buy into a loan that is about to be taken.",
  },
  // --- contracts/oracles/ChainlinkOracle.sol
  {
    id: "oracle-stale-is-fresh",
    file: "contracts/oracles/ChainlinkOracle.sol",
    find: "block.timestamp - updatedAt <= heartbeatSeconds;",
    replace: "block.timestamp - updatedAt <= 2 * heartbeatSeconds;",
    kills: ["test/integration/oracle.test.ts"],
    why: "A feed that stopped would be believed for twice as long.",
  },
  {
    id: "oracle-depeg-unseen",
    file: "contracts/oracles/ChainlinkOracle.sol",
    find: "reading.flags |= OracleFlags.DEPEG;",
    replace: "",
    kills: ["test/integration/oracle.test.ts"],
    why: "Deposits would stay open while the quote token breaks.",
  },
  {
    id: "oracle-grace-ignored",
    file: "contracts/oracles/ChainlinkOracle.sol",
    find: "block.timestamp - startedAt > sequencerGraceSeconds;",
    replace: "block.timestamp - startedAt > 0;",
    kills: ["test/integration/oracle.test.ts"],
    why: "Prices from before a sequencer's halt would be traded on at once.",
  },
  // --- contracts/oracles/RealizedVolatility.sol
  {
    id: "volatility-half-of-it",
    file: "contracts/oracles/RealizedVolatility.sol",
    find: "uint256 private constant SQUARE_BPS_WAD = 47_299_270_033_580_583_600_028_903;",
    replace: "uint256 private constant SQUARE_BPS_WAD = 11_824_817_508_395_145_900_007_226;",
    kills: ["test/unit/contracts/RealizedVolatility.t.sol"],
    why: "The margin would be made for half of the market's volatility.",
  },

  ...GMX_MUTANTS,
];
