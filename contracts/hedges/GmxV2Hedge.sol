// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {
    IGmxV2DataStore,
    IGmxV2ExchangeRouter,
    IGmxV2GasFeeCallbackReceiver,
    IGmxV2OrderCallbackReceiver,
    IGmxV2Reader,
    IGmxV2RoleStore
} from "../interfaces/external/gmx/IGmxV2.sol";
import {GmxV2Keys} from "../interfaces/external/gmx/GmxV2Keys.sol";
import {
    GMX_MARKET_DECREASE,
    GMX_MARKET_INCREASE,
    GmxV2CreateOrderParams,
    GmxV2EventData,
    GmxV2Market
} from "../interfaces/external/gmx/GmxV2Types.sol";
import {IAggregatorV3} from "../interfaces/external/IAggregatorV3.sol";
import {HedgeFlow, HedgeState, HedgeStatus, IHedge} from "../interfaces/IHedge.sol";
import {IPriceOracle, OracleFlags, OracleReading} from "../interfaces/IPriceOracle.sol";
import {IRiskPolicy} from "../interfaces/IRiskPolicy.sol";
import {IVaultTill} from "../interfaces/IVaultTill.sol";
import {CloneArgs} from "../libraries/CloneArgs.sol";
import {BPS, PriceMath, WAD} from "../libraries/PriceMath.sol";
import {Pair} from "../types/VaultTypes.sol";
import {GmxV2Change, GmxV2Part, GmxV2Quotes, GmxV2Site, GmxV2Value, GmxV2Valuation} from "./gmx/GmxV2Valuation.sol";

/// @notice The deployment of GMX v2 that clones of one code trade at.
struct GmxV2Venue {
    IGmxV2ExchangeRouter exchangeRouter;
    IGmxV2Reader reader;
    IGmxV2DataStore dataStore;
    address orderVault;
    address referralStorage;
}

/// @notice What a clone of the hedge carries in its code.
/// @param market Market whose index and long token are the base and whose short token is the quote.
/// @param quoteFeed Chainlink feed of the quote in USD, the one of the vault's oracle.
struct GmxV2HedgeArgs {
    address vault;
    address market;
    address base;
    address quote;
    IAggregatorV3 quoteFeed;
    uint256 scale;
    uint256 baseUnit;
}

/// @notice The last order that we made.
enum OrderKind {
    None,
    Resolved,
    Own,
    Exit
}

/// @notice An order in one slot of storage.
/// @param sizeUsd Signed change of the position's size, 30 decimals, + = larger.
/// @param marginQuote Signed change of its collateral, + = posted with the order. Of an exit that leaves the size as it is: all
/// the collateral that was there, less than which tells that it was paid.
struct OrderRecord {
    OrderKind kind;
    int160 sizeUsd;
    int88 marginQuote;
}

/// @dev The vault's policy, which names the slippage bound.
interface IPolicedVault {
    function policy() external view returns (IRiskPolicy);
}

/// @dev The oracle's feed of the quote in USD.
interface IQuoteFeedOracle {
    function quoteFeed() external view returns (IAggregatorV3);
}

/// @title A short on a perpetual of GMX v2 with the quote as collateral. Settles in quote, and later than it is asked.
///
/// @dev ORDERS. Every change is an order: GMX's keepers execute or cancel it some blocks later. One order is in flight at a
/// time. Its price bound comes from the vault's oracle and policy, never from a caller. What an order pays out waits here as
/// quote until the next `adjust` hands it to the vault or an `unwind` pays it to whoever leaves.
///
/// TRUTH. Only GMX's stores count. Callbacks are hints: they emit an event and change nothing, so that none that is missing,
/// repeated, late or forged can do harm. A position smaller than we left it is `lost`: liquidated or deleveraged.
///
/// EXITS. A settlement is paid out of the quote that waits here, at the lowest value of everything; where that does not
/// suffice it waits until the keeper had the short reduced. Whoever leaves in kind is owed the own part of the position, which
/// no longer counts here; `payExit` orders it straight to the receiver, at whose cost, and again when GMX cancelled it. That part
/// keeps its own size, tokens and collateral: what is ordered for the rest until then neither gives it anything nor takes.
///
/// EXECUTION FEES are ETH that anybody may send here; depositors' funds never pay them. Refunds stay for the next order.
contract GmxV2Hedge is IHedge, IGmxV2OrderCallbackReceiver, IGmxV2GasFeeCallbackReceiver {
    using SafeERC20 for IERC20;
    using Math for uint256;
    using SafeCast for uint256;
    using SafeCast for int256;

    /// @dev Fields of GmxV2HedgeArgs.
    uint256 private constant ARGS_WORDS = 7;
    uint256 private constant FLOAT = 1e30;
    /// @dev Chainlink's USD feeds have 8 decimals; GMX counts USD with 30.
    uint256 private constant FEED_DECIMALS = 8;
    uint256 private constant USD_PER_FEED = 1e4; // 10^(30 - 18 - 8)
    uint256 private constant ONE_USD = 1e8;
    /// @dev Prices that GMX's keepers deliver for an order without swaps.
    uint256 private constant ORACLE_PRICES = 3;
    /// @dev Gas that GMX leaves a callback: a look into its RoleStore and an event.
    uint256 private constant CALLBACK_GAS = 60_000;
    /// @dev The fee is 1.2 × the least that GMX takes at the gas price of now; what is not used comes back.
    uint256 private constant FEE_HEADROOM_BPS = 12_000;
    /// @dev Whoever wants to close all may ask for a thousandth too much or too little.
    uint256 private constant CLOSE_SLACK_PART = 1_000;
    /// @dev The price may not be that of now.
    uint256 private constant STALE_FLAGS =
        OracleFlags.BASE_STALE | OracleFlags.QUOTE_STALE | OracleFlags.SEQUENCER_DOWN;

    error GmxV2Hedge_NoCode(address target);
    error GmxV2Hedge_OrderInFlight(bytes32 key);
    error GmxV2Hedge_ReconcileFirst(uint256 recordedSizeUsd, uint256 foundSizeUsd);
    error GmxV2Hedge_ExecutionFeeNotFunded(uint256 neededWei, uint256 availableWei);
    /// @notice Larger and less margin, or smaller and more margin, is not one order.
    error GmxV2Hedge_NotOneOrder(int256 deltaChangeBase, int256 marginChangeQuote);
    error GmxV2Hedge_PositionTooSmall(uint256 sizeUsd, uint256 minSizeUsd);
    error GmxV2Hedge_NoPrice(uint256 oracleFlags);
    error GmxV2Hedge_NotExpired(uint256 ageSeconds, uint256 expirationSeconds);
    error GmxV2Hedge_OnlyController(address caller);
    error GmxV2Hedge_RouterAlive(address router);
    error GmxV2Hedge_BadRouter(address router);
    error GmxV2Hedge_NothingOwed(address receiver);
    /// @notice The rest of the margin belongs to those who left in kind.
    error GmxV2Hedge_MarginOwed(uint256 askedQuote, uint256 ownQuote);

    event OrderCreated(bytes32 indexed key, int256 sizeDeltaUsd, int256 marginChangeQuote, uint256 executionFeeWei);
    /// @notice Found by the vault's next call after the venue answered.
    event OrderResolved(bytes32 indexed key, int256 sizeDeltaUsd, uint256 sizeUsd);
    /// @notice A callback of GMX: time to reconcile, no more.
    event OrderHint(bytes32 indexed key, bytes4 indexed kind);
    /// @notice Somebody left in kind; `payExit` pays.
    event ExitOwed(address indexed receiver, uint256 sizeUsd);
    event ExitOrdered(bytes32 indexed key, address indexed receiver, uint256 sizeUsd);
    event RouterAdopted(address router);

    IGmxV2ExchangeRouter private immutable ROUTER;
    IGmxV2Reader public immutable reader;
    IGmxV2DataStore public immutable dataStore;
    IGmxV2RoleStore public immutable roleStore;
    address public immutable orderVault;
    address public immutable referralStorage;

    /// @notice Key of the last order; it counts while `order.kind` is Own or Exit.
    bytes32 public orderKey;
    OrderRecord public order;
    /// @notice Size of the position as we left it, by the venue's own answer. Only what we ordered may lower it.
    uint256 public recordedSizeUsd;
    /// @dev Part of the position that belongs to those who left in kind and were not paid yet.
    GmxV2Part private _owed;
    /// @dev The same by person; what was owed out of a position that is gone is void.
    mapping(uint256 life => mapping(address receiver => GmxV2Part)) private _owedTo;
    uint256 private _life;
    /// @notice Who the exit order in flight pays.
    address public exitReceiver;
    bool private _callbackSaved;
    /// @dev Zero: the one that the code was deployed with.
    IGmxV2ExchangeRouter private _adoptedRouter;

    constructor(GmxV2Venue memory venue_) {
        _requireCode(address(venue_.exchangeRouter));
        _requireCode(address(venue_.reader));
        _requireCode(address(venue_.dataStore));
        _requireCode(venue_.orderVault);
        ROUTER = venue_.exchangeRouter;
        reader = venue_.reader;
        dataStore = venue_.dataStore;
        roleStore = IGmxV2RoleStore(venue_.dataStore.roleStore());
        orderVault = venue_.orderVault;
        referralStorage = venue_.referralStorage;
    }

    /// @notice ETH for execution fees, from anybody; refunds of GMX.
    receive() external payable {}

    // --- views

    /// @notice What this clone was made with; reverts on the implementation itself, which carries nothing.
    function args() public view returns (GmxV2HedgeArgs memory a) {
        uint256 pointer = CloneArgs.copy(ARGS_WORDS);
        // The struct is that many static words, see CloneArgs.
        assembly ("memory-safe") {
            a := pointer
        }
    }

    /// @inheritdoc IHedge
    function venue() external pure returns (string memory) {
        return "gmx-v2-short";
    }

    /// @notice Where orders are made.
    function exchangeRouter() public view returns (IGmxV2ExchangeRouter) {
        return address(_adoptedRouter) == address(0) ? ROUTER : _adoptedRouter;
    }

    /// @inheritdoc IHedge
    function isGenuine() external view returns (bool) {
        GmxV2HedgeArgs memory a = args();
        Pair memory pair = IVaultTill(a.vault).pair();
        GmxV2Market memory market = reader.getMarket(address(dataStore), a.market);
        return
            a.base == pair.base &&
            a.quote == pair.quote &&
            a.scale == pair.scale &&
            a.baseUnit == 10 ** IERC20Metadata(a.base).decimals() &&
            address(a.quoteFeed) == address(IQuoteFeedOracle(pair.oracle).quoteFeed()) &&
            a.quoteFeed.decimals() == FEED_DECIMALS &&
            a.market != address(0) &&
            market.marketToken == a.market &&
            market.indexToken == a.base &&
            market.longToken == a.base &&
            market.shortToken == a.quote;
    }

    /// @notice Collateral and size of the position at the venue, as GMX stores them. The delta also counts base that funding
    /// brought: to close all, ask `adjust` for all of `shortBase`.
    function position() external view returns (uint256 collateralQuote, uint256 shortBase) {
        return _holdings(args());
    }

    /// @notice ETH that an order needs at a gas price, with the headroom that is asked of us. Fund this before acting.
    function executionFeeWei(bool isIncrease, uint256 gasPriceWei) public view returns (uint256) {
        uint256 execution =
            dataStore.getUint(isIncrease ? GmxV2Keys.INCREASE_ORDER_GAS_LIMIT : GmxV2Keys.DECREASE_ORDER_GAS_LIMIT) +
                CALLBACK_GAS;
        uint256 gas =
            dataStore.getUint(GmxV2Keys.ESTIMATED_GAS_FEE_BASE_AMOUNT) +
                dataStore.getUint(GmxV2Keys.ESTIMATED_GAS_FEE_PER_ORACLE_PRICE) * ORACLE_PRICES +
                execution.mulDiv(dataStore.getUint(GmxV2Keys.ESTIMATED_GAS_FEE_MULTIPLIER_FACTOR), FLOAT);
        return (gas * gasPriceWei * FEE_HEADROOM_BPS) / BPS;
    }

    /// @notice Size of the position that is owed to somebody who left in kind.
    function owedTo(address receiver) external view returns (uint256 sizeUsd) {
        return receiver == exitReceiver && _exitPaid(_sizeUsd()) ? 0 : _owedTo[_life][receiver].sizeUsd;
    }

    /// @notice Size of the position that is owed to all who left in kind.
    function owedSizeUsd() external view returns (uint256) {
        return _owedNow(_sizeUsd()).sizeUsd;
    }

    /// @notice An order of ours waits at the venue.
    function inFlight() public view returns (bool) {
        return uint8(order.kind) >= uint8(OrderKind.Own) && dataStore.containsBytes32(GmxV2Keys.ORDER_LIST, orderKey);
    }

    /// @inheritdoc IHedge
    function pendingDeltaBase() external view returns (int256) {
        if (!inFlight() || order.kind != OrderKind.Own) return 0;
        GmxV2HedgeArgs memory a = args();
        bytes32 key = _positionKey(a);
        int256 change = order.sizeUsd;
        if (change >= 0) return -int256(uint256(change) / _quotes(a, _oraclePrice(a)).basePrice);
        uint256 size = dataStore.getUint(GmxV2Keys.sizeInUsd(key));
        uint256 tokens = dataStore.getUint(GmxV2Keys.sizeInTokens(key));
        return size == 0 ? int256(0) : int256(tokens.mulDiv(Math.min(uint256(-change), size), size));
    }

    /// @inheritdoc IHedge
    function read(uint256 priceWad) external view returns (HedgeState memory state) {
        return _read(args(), priceWad);
    }

    /// @inheritdoc IHedge
    /// @dev Of the position's equity plus the value of the short, as for a loan: what remains of it at the liquidation.
    function marginFactorWad() external view returns (uint256) {
        uint256 factor = dataStore.getUint(GmxV2Keys.minCollateralFactorForLiquidation(args().market));
        return WAD - Math.min(factor / (FLOAT / WAD), WAD);
    }

    /// @inheritdoc IHedge
    function baseToUnwind(uint256, uint256) external pure returns (uint256) {
        return 0;
    }

    /// @inheritdoc IHedge
    function isEmpty() external view returns (bool) {
        GmxV2HedgeArgs memory a = args();
        if (inFlight() || dataStore.getUint(GmxV2Keys.sizeInUsd(_positionKey(a))) != 0) return false;
        uint256 left = IERC20(a.quote).balanceOf(address(this)) + _claimable(a, a.quote);
        // Less than one whole quote: what a stranger sends here must not keep the hedge from being replaced.
        return left < (a.baseUnit * WAD) / a.scale;
    }

    // --- the vault's

    /// @inheritdoc IHedge
    /// @dev Creates one order and answers Pending; with nothing to change it only hands over what waits here. Either way
    /// everything that earlier orders paid out goes to the vault.
    function adjust(int256 deltaChangeBase, int256 marginChangeQuote) external returns (HedgeFlow memory flow) {
        GmxV2HedgeArgs memory a = _argsForVault();
        uint256 sizeUsd = _settle(a);
        flow.baseReceived = _sweep(a.base, a.vault);
        flow.quoteReceived = _sweep(a.quote, a.vault);
        if (deltaChangeBase == 0 && marginChangeQuote == 0) return flow;
        flow.status = HedgeStatus.Pending;
        if (deltaChangeBase <= 0 && marginChangeQuote >= 0) {
            _increase(a, sizeUsd, uint256(-deltaChangeBase), uint256(marginChangeQuote));
        } else if (deltaChangeBase >= 0 && marginChangeQuote <= 0) {
            _decrease(a, sizeUsd, uint256(deltaChangeBase), uint256(-marginChangeQuote));
        } else {
            revert GmxV2Hedge_NotOneOrder(deltaChangeBase, marginChangeQuote);
        }
    }

    /// @inheritdoc IHedge
    /// @dev Paid out of what waits here, at the lowest value of everything; Pending while that does not suffice, or while an
    /// order is in flight. The position itself is for the keeper to reduce.
    function unwind(uint256 numerator, uint256 denominator) external returns (HedgeFlow memory flow) {
        GmxV2HedgeArgs memory a = _argsForVault();
        if (inFlight()) {
            flow.status = HedgeStatus.Pending;
            return flow;
        }
        uint256 sizeUsd = _settle(a);
        if (sizeUsd == 0) return _payOut(a, numerator, denominator);
        if (numerator == denominator) {
            flow.status = HedgeStatus.Pending;
            return flow;
        }
        int256 worth = _read(a, _oraclePrice(a)).equityMinQuote;
        uint256 due = worth > 0 ? uint256(worth).mulDiv(numerator, denominator) : 0;
        if (due > IERC20(a.quote).balanceOf(address(this))) {
            flow.status = HedgeStatus.Pending;
            return flow;
        }
        flow.quoteReceived = due;
        IERC20(a.quote).safeTransfer(a.vault, due);
        emit HedgeAdjusted(0, -int256(due));
    }

    /// @inheritdoc IHedge
    /// @dev The part of what waits here goes to the vault; the part of the position is owed to `receiver` from now on, and
    /// `payExit` pays it by an order of its own.
    function unwindInKind(
        uint256 numerator,
        uint256 denominator,
        address receiver
    ) external returns (HedgeFlow memory flow) {
        GmxV2HedgeArgs memory a = _argsForVault();
        uint256 sizeUsd = _settle(a);
        flow = _payOut(a, numerator, denominator);
        GmxV2Part memory all = _owed;
        GmxV2Part memory own = _owedTo[_life][receiver];
        (uint256 collateral, uint256 tokens) = _holdings(a);
        uint256 size = sizeUsd.saturatingSub(all.sizeUsd).mulDiv(numerator, denominator);
        if (size == 0) return flow;
        tokens = tokens.saturatingSub(all.tokens).mulDiv(numerator, denominator);
        collateral = collateral.saturatingSub(all.collateralQuote).mulDiv(numerator, denominator);
        _owed = _sum(all, size, tokens, collateral);
        _owedTo[_life][receiver] = _sum(own, size, tokens, collateral);
        emit ExitOwed(receiver, size);
    }

    /// @inheritdoc IHedge
    function reconcile() external returns (bool lost) {
        GmxV2HedgeArgs memory a = args();
        uint256 found = dataStore.getUint(GmxV2Keys.sizeInUsd(_positionKey(a)));
        uint256 expected = _leastExpected();
        lost = found < expected;
        // Only the vault may settle our memory: it must enter its degraded mode in the same call.
        if (msg.sender == a.vault) _remember(found);
        if (lost) {
            uint256 unit = _quotes(a, WAD).quotePrice;
            emit HedgeLost(expected / unit, found / unit);
        }
    }

    // --- anybody's

    /// @inheritdoc IHedge
    function cancelStale() external {
        if (!inFlight()) revert Hedge_NothingPending();
        uint256 age = block.timestamp - dataStore.getUint(GmxV2Keys.updatedAtTime(orderKey));
        uint256 expiration = dataStore.getUint(GmxV2Keys.REQUEST_EXPIRATION_TIME);
        if (age < expiration) revert GmxV2Hedge_NotExpired(age, expiration);
        exchangeRouter().cancelOrder(orderKey);
    }

    /// @notice Orders the part of the position that is owed to somebody who left in kind, straight to that person. Anyone may
    /// call, and again when GMX cancelled it; the value is the execution fee, and what is not used goes to the receiver. While
    /// the oracle's price is old only the receiver may.
    function payExit(address receiver) external payable {
        GmxV2HedgeArgs memory a = args();
        uint256 found = _settle(a);
        GmxV2Part memory leaving = _owedTo[_life][receiver];
        if (leaving.sizeUsd == 0 || found == 0) revert GmxV2Hedge_NothingOwed(receiver);
        _orderExit(a, leaving, receiver);
    }

    /// @notice Claims funding that longs paid us. It stays here and counts here before and after: anyone may call.
    function claimFunding() external {
        GmxV2HedgeArgs memory a = args();
        address[] memory markets = new address[](2);
        address[] memory tokens = new address[](2);
        (markets[0], markets[1], tokens[0], tokens[1]) = (a.market, a.market, a.base, a.quote);
        exchangeRouter().claimFundingFees(markets, tokens, address(this));
    }

    /// @notice Claims collateral that GMX held back for a price impact above its cap. Counts from now on. Anyone may call.
    /// @param timeKeys Hours, as GMX counts them, in which it was held back.
    function claimCollateral(uint256[] calldata timeKeys) external {
        GmxV2HedgeArgs memory a = args();
        address[] memory markets = new address[](timeKeys.length);
        address[] memory tokens = new address[](timeKeys.length);
        for (uint256 i = 0; i < timeKeys.length; ++i) (markets[i], tokens[i]) = (a.market, a.quote);
        exchangeRouter().claimCollateral(markets, tokens, timeKeys, address(this));
    }

    /// @notice Follows GMX to a new router once it took the role from the old one. Anyone may call: GMX's own RoleStore
    /// decides which router is genuine.
    function adoptRouter(IGmxV2ExchangeRouter next) external {
        // A router that a stranger adopted may be replaced by another genuine one; the one of our code only when it is dead.
        bool isOurs = address(_adoptedRouter) == address(0);
        if (isOurs && _isController(address(ROUTER))) revert GmxV2Hedge_RouterAlive(address(ROUTER));
        bool genuine =
            _isController(address(next)) &&
                next.dataStore() == address(dataStore) &&
                _isController(next.orderHandler()) &&
                next.router().code.length != 0;
        if (!genuine) revert GmxV2Hedge_BadRouter(address(next));
        _adoptedRouter = next;
        emit RouterAdopted(address(next));
    }

    // --- GMX's hints

    /// @inheritdoc IGmxV2OrderCallbackReceiver
    function afterOrderExecution(bytes32 key, GmxV2EventData calldata, GmxV2EventData calldata) external {
        _hint(key);
    }

    /// @inheritdoc IGmxV2OrderCallbackReceiver
    function afterOrderCancellation(bytes32 key, GmxV2EventData calldata, GmxV2EventData calldata) external {
        _hint(key);
    }

    /// @inheritdoc IGmxV2OrderCallbackReceiver
    function afterOrderFrozen(bytes32 key, GmxV2EventData calldata, GmxV2EventData calldata) external {
        _hint(key);
    }

    /// @inheritdoc IGmxV2GasFeeCallbackReceiver
    function refundExecutionFee(bytes32 key, GmxV2EventData calldata) external payable {
        _hint(key);
    }

    function _hint(bytes32 key) private {
        if (!_isController(msg.sender)) revert GmxV2Hedge_OnlyController(msg.sender);
        emit OrderHint(key, msg.sig);
    }

    // --- orders

    function _increase(GmxV2HedgeArgs memory a, uint256 sizeUsd, uint256 base, uint256 margin) private {
        GmxV2Quotes memory q = _quotes(a, _oraclePrice(a));
        uint256 change = base * q.basePrice;
        uint256 least = dataStore.getUint(GmxV2Keys.MIN_POSITION_SIZE_USD);
        if (sizeUsd + change < least) revert GmxV2Hedge_PositionTooSmall(sizeUsd + change, least);
        if (margin > 0) {
            IVaultTill(a.vault).pay(a.quote, margin, address(this));
            IERC20(a.quote).forceApprove(exchangeRouter().router(), margin);
        }
        GmxV2CreateOrderParams memory p = _params(a);
        p.orderType = GMX_MARKET_INCREASE;
        p.numbers.sizeDeltaUsd = change;
        // Selling: the worst price is the lowest.
        p.numbers.acceptablePrice = q.basePrice.mulDiv(BPS - _slippageBps(a), BPS);
        _createOwn(a, p, margin);
        order = OrderRecord(OrderKind.Own, int256(change).toInt160(), int256(margin).toInt88());
    }

    function _decrease(GmxV2HedgeArgs memory a, uint256 sizeUsd, uint256 base, uint256 margin) private {
        GmxV2Quotes memory q = _quotes(a, _oraclePrice(a));
        uint256 change = _sizeOf(a, sizeUsd, base);
        if (margin > 0 && _owed.sizeUsd != 0) {
            uint256 own = GmxV2Valuation.releasable(_site(a), q, _owed);
            if (margin > own) revert GmxV2Hedge_MarginOwed(margin, own);
        }
        GmxV2CreateOrderParams memory p = _params(a);
        p.orderType = GMX_MARKET_DECREASE;
        p.numbers.sizeDeltaUsd = change;
        p.numbers.initialCollateralDeltaAmount = margin;
        // Buying: the worst price is the highest.
        p.numbers.acceptablePrice = q.basePrice.mulDiv(BPS + _slippageBps(a), BPS);
        _createOwn(a, p, 0);
        order = OrderRecord(OrderKind.Own, -int256(change).toInt160(), -int256(margin).toInt88());
    }

    /// @dev Size that has to go for the short to fall by `base`; of the part that is owed to nobody.
    function _sizeOf(GmxV2HedgeArgs memory a, uint256 sizeUsd, uint256 base) private view returns (uint256 change) {
        (, uint256 tokens) = _holdings(a);
        uint256 ours = sizeUsd.saturatingSub(_owed.sizeUsd);
        uint256 oursBase = ours == 0 ? 0 : tokens.saturatingSub(_owed.tokens);
        uint256 slack = oursBase / CLOSE_SLACK_PART;
        if (sizeUsd == 0 || base > oursBase + slack) revert Hedge_ReduceExceedsShort(base, oursBase);
        // Funding earned in base makes the delta a little smaller than the short: whoever asks for almost all means all.
        change = base > 0 && base + slack >= oursBase ? ours : Math.min(sizeUsd.mulDiv(base, tokens), ours);
        // GMX would close a smaller rest on its own, and with it what is owed to those who left.
        uint256 least = dataStore.getUint(GmxV2Keys.MIN_POSITION_SIZE_USD);
        if (sizeUsd - change < least) change = _owed.sizeUsd == 0 ? sizeUsd : sizeUsd.saturatingSub(least);
    }

    /// @dev Bound by a price as our own orders are: what is taken out for the leaver was worth that much now, and where the
    /// price rises the others would pay what the part loses. GMX cancels beyond it, and the order is made again.
    function _orderExit(GmxV2HedgeArgs memory a, GmxV2Part memory leaving, address receiver) private {
        GmxV2CreateOrderParams memory p = _params(a);
        p.orderType = GMX_MARKET_DECREASE;
        p.addresses.receiver = receiver;
        p.addresses.cancellationReceiver = receiver;
        p.addresses.callbackContract = address(0);
        p.numbers.callbackGasLimit = 0;
        GmxV2Quotes memory q = _quotes(a, _exitPrice(a, receiver));
        (uint256 size, uint256 margin, uint256 limitPrice) = GmxV2Valuation.exitTerms(
            _site(a),
            q,
            leaving,
            _slippageBps(a)
        );
        p.numbers.sizeDeltaUsd = size;
        p.numbers.initialCollateralDeltaAmount = margin;
        p.numbers.acceptablePrice = limitPrice;
        _create(a, p, 0, msg.value);
        (uint256 held, ) = _holdings(a);
        order = OrderRecord(OrderKind.Exit, -int256(size).toInt160(), size == 0 ? -int256(held).toInt88() : int88(0));
        exitReceiver = receiver;
        emit ExitOrdered(orderKey, receiver, size);
    }

    function _params(GmxV2HedgeArgs memory a) private view returns (GmxV2CreateOrderParams memory p) {
        p.addresses.receiver = address(this);
        p.addresses.cancellationReceiver = address(this);
        p.addresses.callbackContract = address(this);
        p.addresses.market = a.market;
        p.addresses.initialCollateralToken = a.quote;
        p.numbers.callbackGasLimit = CALLBACK_GAS;
    }

    /// @dev The fee out of the ETH that waits here.
    function _createOwn(GmxV2HedgeArgs memory a, GmxV2CreateOrderParams memory p, uint256 margin) private {
        uint256 fee = executionFeeWei(p.orderType == GMX_MARKET_INCREASE, tx.gasprice);
        if (fee > address(this).balance) revert GmxV2Hedge_ExecutionFeeNotFunded(fee, address(this).balance);
        _create(a, p, margin, fee);
    }

    function _create(GmxV2HedgeArgs memory a, GmxV2CreateOrderParams memory p, uint256 margin, uint256 fee) private {
        p.numbers.executionFee = fee;
        IGmxV2ExchangeRouter router = exchangeRouter();
        bytes[] memory calls = new bytes[](4);
        uint256 count;
        if (!_callbackSaved) {
            _callbackSaved = true;
            calls[count++] = abi.encodeCall(IGmxV2ExchangeRouter.setSavedCallbackContract, (a.market, address(this)));
        }
        calls[count++] = abi.encodeCall(IGmxV2ExchangeRouter.sendWnt, (orderVault, fee));
        if (margin > 0) calls[count++] = abi.encodeCall(IGmxV2ExchangeRouter.sendTokens, (a.quote, orderVault, margin));
        calls[count++] = abi.encodeCall(IGmxV2ExchangeRouter.createOrder, (p));
        // Shortens the list to what was filled in; it was longer before.
        assembly ("memory-safe") {
            mstore(calls, count)
        }
        bytes[] memory results = router.multicall{value: fee}(calls);
        bytes32 key = abi.decode(results[count - 1], (bytes32));
        orderKey = key;
        int256 change = int256(p.numbers.sizeDeltaUsd);
        bool isIncrease = p.orderType == GMX_MARKET_INCREASE;
        emit OrderCreated(
            key,
            isIncrease ? change : -change,
            isIncrease ? int256(margin) : -int256(p.numbers.initialCollateralDeltaAmount),
            fee
        );
    }

    // --- memory

    /// @dev Brings our memory up to the venue's answer; reverts while there is none, and when something was lost that the
    /// vault must learn of first.
    function _settle(GmxV2HedgeArgs memory a) private returns (uint256 found) {
        if (inFlight()) revert GmxV2Hedge_OrderInFlight(orderKey);
        found = dataStore.getUint(GmxV2Keys.sizeInUsd(_positionKey(a)));
        uint256 expected = _leastExpected();
        if (found < expected) revert GmxV2Hedge_ReconcileFirst(expected, found);
        _remember(found);
    }

    /// @dev The smallest size that our own doing explains.
    function _leastExpected() private view returns (uint256) {
        uint256 recorded = recordedSizeUsd;
        OrderRecord memory o = order;
        if (uint8(o.kind) < uint8(OrderKind.Own) || o.sizeUsd >= 0 || inFlight()) return recorded;
        return recorded - Math.min(uint256(-int256(o.sizeUsd)), recorded);
    }

    function _remember(uint256 found) private {
        OrderRecord memory o = order;
        if (uint8(o.kind) >= uint8(OrderKind.Own) && !inFlight()) {
            if (_exitPaid(found)) {
                _owed = _owedNow(found);
                delete _owedTo[_life][exitReceiver];
            }
            order.kind = OrderKind.Resolved;
            emit OrderResolved(orderKey, o.sizeUsd, found);
        }
        if (recordedSizeUsd != found) recordedSizeUsd = found;
        if (found == 0 && _owed.sizeUsd != 0) {
            delete _owed;
            ++_life;
        }
    }

    /// @dev What is owed by the venue's answer, which our memory may not know yet: the part of somebody who was paid is gone
    /// from the position, and must not be taken from what is left of it.
    function _owedNow(uint256 found) private view returns (GmxV2Part memory) {
        return _exitPaid(found) ? _without(_owed, _owedTo[_life][exitReceiver]) : _owed;
    }

    /// @dev The exit order was answered and not looked at yet. One that left the position as it was has not paid.
    function _exitPaid(uint256 found) private view returns (bool) {
        OrderRecord memory o = order;
        if (o.kind != OrderKind.Exit || inFlight()) return false;
        if (o.sizeUsd != 0) return found + uint256(-int256(o.sizeUsd)) <= recordedSizeUsd;
        (uint256 collateral, ) = _holdings(args());
        return collateral < uint256(-int256(o.marginQuote));
    }

    /// @dev The sum of all parts is no less than any of them.
    function _without(GmxV2Part memory all, GmxV2Part memory one) private pure returns (GmxV2Part memory) {
        return
            GmxV2Part({
                sizeUsd: all.sizeUsd - one.sizeUsd,
                collateralQuote: all.collateralQuote - one.collateralQuote,
                tokens: all.tokens - one.tokens
            });
    }

    function _sum(
        GmxV2Part memory one,
        uint256 sizeUsd,
        uint256 tokens,
        uint256 collateralQuote
    ) private pure returns (GmxV2Part memory) {
        return
            GmxV2Part({
                sizeUsd: (one.sizeUsd + sizeUsd).toUint160(),
                collateralQuote: (one.collateralQuote + collateralQuote).toUint96(),
                tokens: one.tokens + tokens
            });
    }

    // --- internals

    /// @dev An order under way: its margin is ours whichever way it ends; its fee and the most that its impact can take
    /// lower the lowest value. The fee of an increase counts twice there, so that the middle, which the vault's policy judges,
    /// falls by all of it.
    function _read(GmxV2HedgeArgs memory a, uint256 priceWad) private view returns (HedgeState memory state) {
        OrderRecord memory o = order;
        state.pending = inFlight();
        uint256 sizeUsd = dataStore.getUint(GmxV2Keys.sizeInUsd(_positionKey(a)));
        state.lost = sizeUsd < _leastExpected();
        GmxV2Change memory change;
        if (state.pending && o.kind == OrderKind.Own) change = GmxV2Change(o.sizeUsd, o.marginQuote);
        uint256 heldBase = IERC20(a.base).balanceOf(address(this)) + _claimable(a, a.base);
        uint256 held = IERC20(a.quote).balanceOf(address(this)) + _claimable(a, a.quote);
        state.healthWad = type(uint256).max;
        if (sizeUsd != 0 || change.sizeUsd != 0 || change.marginQuote != 0) {
            // What is owed to those who left in kind is not ours.
            GmxV2Value memory v = GmxV2Valuation.valueOf(_site(a), _quotes(a, priceWad), change, _owedNow(sizeUsd));
            state.healthWad = v.healthWad;
            heldBase += v.claimableBase;
            held += v.claimableQuote;
            (state.equityMinQuote, state.equityMaxQuote, state.deltaBase) = (v.lowQuote, v.highQuote, v.deltaBase);
            if (change.marginQuote > 0) held += uint256(change.marginQuote);
            uint256 cost = change.sizeUsd > 0 ? 2 * v.changeFeeQuote + v.changeImpactQuote : v.changeFeeQuote;
            state.equityMinQuote -= int256(cost);
        }
        int256 idle = int256(held + PriceMath.quoteOf(heldBase, priceWad, a.scale, Math.Rounding.Floor));
        state.deltaBase += int256(heldBase);
        state.equityMinQuote += idle;
        state.equityMaxQuote += idle;
    }

    /// @dev The part of what waits here, to the vault.
    function _payOut(
        GmxV2HedgeArgs memory a,
        uint256 numerator,
        uint256 denominator
    ) private returns (HedgeFlow memory flow) {
        flow.quoteReceived = IERC20(a.quote).balanceOf(address(this)).mulDiv(numerator, denominator);
        if (flow.quoteReceived > 0) IERC20(a.quote).safeTransfer(a.vault, flow.quoteReceived);
        if (numerator == denominator) flow.baseReceived = _sweep(a.base, a.vault);
        if (flow.quoteReceived > 0) emit HedgeAdjusted(0, -int256(flow.quoteReceived));
    }

    function _sweep(address token, address to) private returns (uint256 amount) {
        amount = IERC20(token).balanceOf(address(this));
        if (amount > 0) IERC20(token).safeTransfer(to, amount);
    }

    function _site(GmxV2HedgeArgs memory a) private view returns (GmxV2Site memory) {
        return GmxV2Site(reader, dataStore, referralStorage, a.market, a.quote, address(this));
    }

    /// @dev GMX counts in USD, the vault in quote: the quote's own feed is between them. A feed without an answer counts as
    /// one USD, so that the rest can still be valued.
    function _quotes(GmxV2HedgeArgs memory a, uint256 priceWad) private view returns (GmxV2Quotes memory) {
        uint256 usd = ONE_USD;
        try a.quoteFeed.latestRoundData() returns (uint80, int256 answer, uint256, uint256, uint80) {
            if (answer > 0) usd = uint256(answer);
        } catch {}
        return
            GmxV2Quotes(
                priceWad.mulDiv(usd * USD_PER_FEED, a.baseUnit),
                a.scale.mulDiv(usd * USD_PER_FEED, a.baseUnit)
            );
    }

    function _oraclePrice(GmxV2HedgeArgs memory a) private view returns (uint256) {
        OracleReading memory reading = IPriceOracle(IVaultTill(a.vault).pair().oracle).read(false);
        if (reading.priceWad == 0) revert GmxV2Hedge_NoPrice(reading.flags);
        return reading.priceWad;
    }

    /// @dev An old price that is too high would leave a part of the leaver's to the others: then only the leaver may take it.
    function _exitPrice(GmxV2HedgeArgs memory a, address receiver) private view returns (uint256) {
        OracleReading memory reading = IPriceOracle(IVaultTill(a.vault).pair().oracle).read(false);
        bool isOld = reading.flags & STALE_FLAGS != 0;
        if (reading.priceWad == 0 || (isOld && msg.sender != receiver)) revert GmxV2Hedge_NoPrice(reading.flags);
        return reading.priceWad;
    }

    function _slippageBps(GmxV2HedgeArgs memory a) private view returns (uint256) {
        return IPolicedVault(a.vault).policy().maxSlippageBps();
    }

    function _claimable(GmxV2HedgeArgs memory a, address token) private view returns (uint256) {
        return dataStore.getUint(GmxV2Keys.claimableFundingAmount(a.market, token, address(this)));
    }

    function _holdings(GmxV2HedgeArgs memory a) private view returns (uint256 collateralQuote, uint256 tokens) {
        bytes32 key = _positionKey(a);
        return (dataStore.getUint(GmxV2Keys.collateralAmount(key)), dataStore.getUint(GmxV2Keys.sizeInTokens(key)));
    }

    function _sizeUsd() private view returns (uint256) {
        return dataStore.getUint(GmxV2Keys.sizeInUsd(_positionKey(args())));
    }

    function _positionKey(GmxV2HedgeArgs memory a) private view returns (bytes32) {
        return GmxV2Keys.position(address(this), a.market, a.quote, false);
    }

    /// @dev The arguments, for a function that only the vault may call.
    function _argsForVault() private view returns (GmxV2HedgeArgs memory a) {
        a = args();
        if (msg.sender != a.vault) revert Hedge_OnlyVault(msg.sender);
    }

    function _isController(address account) private view returns (bool) {
        return roleStore.hasRole(account, GmxV2Keys.CONTROLLER);
    }

    function _requireCode(address target) private view {
        if (target.code.length == 0) revert GmxV2Hedge_NoCode(target);
    }
}
