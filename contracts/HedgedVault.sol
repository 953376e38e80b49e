// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

import {IERC7540Operator, IERC7540Redeem, IERC7575Share} from "./interfaces/IERC7540Redeem.sol";
import {HedgeFlow, HedgeState, HedgeStatus, IHedge} from "./interfaces/IHedge.sol";
import {IHedgedVault} from "./interfaces/IHedgedVault.sol";
import {ILiquidity, LiquidityState, Withdrawn} from "./interfaces/ILiquidity.sol";
import {IPriceOracle, OracleFlags, OracleReading} from "./interfaces/IPriceOracle.sol";
import {IRiskPolicy} from "./interfaces/IRiskPolicy.sol";
import {IVaultTill} from "./interfaces/IVaultTill.sol";
import {CloneArgs} from "./libraries/CloneArgs.sol";
import {BPS, PriceMath} from "./libraries/PriceMath.sol";
import {Action, ActionKind, Book, PlanPromise} from "./types/VaultTypes.sol";
import {RedemptionQueue, RedemptionRequest} from "./vault/RedemptionQueue.sol";

/// @notice What a clone of the vault carries in its code.
/// @param scale Price scale of the pair, see PriceMath.
/// @param shareDecimals Decimals of the share token: those of the quote plus the virtual-share offset.
struct HedgedVaultArgs {
    address base;
    address quote;
    address oracle;
    uint256 scale;
    uint8 shareDecimals;
}

/// @title A vault that earns Uniswap v3 fees without the price bet.
/// @notice Depositors bring the quote token. The vault holds concentrated liquidity and one or more hedges sized so
/// that the net exposure to the base token stays near zero; what remains is fees minus costs.
///
/// LOSSES. Shared by all holders through the share price: cost of hedging, swaps and interest, the convexity loss that
/// fees did not pay for, a liquidation at a hedge's venue, a default of the quote token. A keeper can lose at most the
/// RiskPolicy's daily budget. Whoever redeems pays for the unwinding of the own part.
///
/// ORACLE. Every valuation uses the oracle's price, never the pool's. Deposits need a healthy oracle and pay the
/// highest NAV of its band. Settlements need a price that the pool agrees with, but only to bound their swap: they pay
/// what the leaver's part of everything comes to. An exit in kind needs no oracle.
///
/// TOKEN REQUIREMENTS. Base and quote are plain ERC-20 tokens with 6 to 18 decimals: no fee on transfer, no rebasing, no
/// hooks on transfer. Donations are ignored.
///
/// LIVENESS. A redemption settles in the same transaction when oracle and venues allow; otherwise it waits in the queue
/// and anyone may settle it later. After the exit delay, or in wind-down, the owner of a request leaves in kind. No role
/// can pause an exit.
///
/// ROLES (AccessManager). Owner: parameters, deposit cap, `resumeDeposits`, `clearDegraded`. Keeper: `rebalance`.
/// Guardian: `pauseDeposits`, `startWindDown`.
/// Nobody can move funds to an address of choice, and the code of a vault never changes.
contract HedgedVault is
    IHedgedVault,
    IVaultTill,
    IERC4626,
    IERC7575Share,
    IERC165,
    RedemptionQueue,
    AccessManaged,
    Initializable,
    ReentrancyGuardTransient
{
    using Math for uint256;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @dev Fields of HedgedVaultArgs.
    uint256 private constant ARGS_WORDS = 5;
    /// @dev Shares that nobody owns, against inflation of the share price: a donor loses a million times what a first
    /// depositor could. Also the reason why shares have six more decimals than the quote.
    uint256 private constant VIRTUAL_SHARES = 1e6;
    uint256 private constant POOL_ROUNDING_UNITS = 2;
    /// @dev The smallest redemption is a hundredth of a share, or all that the owner has: crumbs are for nobody's good,
    /// but nobody is locked in with them.
    uint256 private constant MIN_REQUEST_PART = 100;
    /// @dev Requests that a new request tries to settle in its own transaction.
    uint256 private constant AUTO_SETTLE_REQUESTS = 3;
    /// @dev A redemption's leftover base worth less than this part of what it takes out of the pool is matched inside the
    /// vault at the oracle's price less the slippage bound, instead of swapped: 0.05 %.
    uint256 private constant INTERNAL_MATCH_BPS = 5;

    // Bits of the vault's mode; any of them closes deposits, the last two also bar the keeper from adding liquidity or
    // shorts and from lowering any health.
    uint8 private constant MODE_PAUSED = 1 << 0;
    uint8 private constant MODE_WIND_DOWN = 1 << 1;
    uint8 private constant MODE_DEGRADED = 1 << 2;

    uint128 private _idleBase;
    uint128 private _idleQuote;

    // One slot: all that a deposit asks besides the oracle.
    ILiquidity public liquidity;
    /// @notice NAV above which deposits are closed.
    uint88 public depositCapQuote;
    uint8 private _mode;

    IRiskPolicy public policy;
    uint64 public epoch;

    address[] private _hedges;
    string private _vaultName;
    string private _vaultSymbol;

    /// @dev The implementation itself is never usable: its authority is nobody and it cannot be initialised.
    constructor() ERC20("", "") AccessManaged(address(0)) {
        _disableInitializers();
    }

    /// @notice Called once by the factory.
    function initialize(
        address authority_,
        ILiquidity liquidity_,
        IRiskPolicy policy_,
        address[] calldata hedges_,
        uint88 depositCapQuote_,
        string calldata name_,
        string calldata symbol_
    ) external initializer {
        _setAuthority(authority_);
        liquidity = liquidity_;
        policy = policy_;
        depositCapQuote = depositCapQuote_;
        emit DepositCapChanged(depositCapQuote_);
        for (uint256 i = 0; i < hedges_.length; ++i) {
            _hedges.push(hedges_[i]);
            emit HedgeAdded(hedges_[i]);
        }
        _vaultName = name_;
        _vaultSymbol = symbol_;
        _initializeQueue();
    }

    // --- views

    /// @notice What this clone was made with; reverts on the implementation itself, which carries nothing.
    function args() public view returns (HedgedVaultArgs memory a) {
        uint256 pointer = CloneArgs.copy(ARGS_WORDS);
        // The struct is that many static words, see CloneArgs.
        assembly ("memory-safe") {
            a := pointer
        }
    }

    function name() public view override(ERC20, IERC20Metadata) returns (string memory) {
        return _vaultName;
    }

    function symbol() public view override(ERC20, IERC20Metadata) returns (string memory) {
        return _vaultSymbol;
    }

    function decimals() public view override(ERC20, IERC20Metadata) returns (uint8) {
        return args().shareDecimals;
    }

    /// @inheritdoc IERC4626
    function asset() public view returns (address) {
        return args().quote;
    }

    /// @inheritdoc IERC7575Share
    function share() external view returns (address) {
        return address(this);
    }

    /// @notice The guardian or the owner closed deposits.
    function depositsPaused() external view returns (bool) {
        return _mode & MODE_PAUSED != 0;
    }

    /// @notice The vault winds down, for good.
    function windDown() public view returns (bool) {
        return _mode & MODE_WIND_DOWN != 0;
    }

    /// @notice A venue took something; until the owner clears it, risk may only fall.
    function degraded() public view returns (bool) {
        return _mode & MODE_DEGRADED != 0;
    }

    /// @inheritdoc IHedgedVault
    function hedges() external view returns (address[] memory) {
        return _hedges;
    }

    /// @notice Tokens of the vault outside of any venue, claims of settled redemptions excluded.
    function idle() external view returns (uint256 base, uint256 quote) {
        return (_idleBase, _idleQuote);
    }

    /// @notice Assets set aside for settled, unclaimed redemptions.
    function reservedQuote() external view returns (uint256) {
        return _reservedQuote;
    }

    /// @inheritdoc IHedgedVault
    function book() external view nonReentrantView returns (Book memory current, uint256 flags) {
        OracleReading memory reading = _oracle(args()).read(true);
        flags = reading.flags;
        if (reading.priceWad != 0) current = _bookAt(args(), reading, true);
    }

    /// @inheritdoc IERC4626
    /// @dev Reverts when there is no price: unknown is not zero.
    function totalAssets() public view nonReentrantView returns (uint256) {
        return _pricedBook(args()).navQuote;
    }

    /// @inheritdoc IERC4626
    function convertToShares(uint256 assets) external view returns (uint256) {
        return _toSharesDown(assets, totalAssets());
    }

    /// @inheritdoc IERC4626
    function convertToAssets(uint256 shares) external view returns (uint256) {
        return _toAssetsDown(shares, totalAssets());
    }

    /// @inheritdoc IERC4626
    function maxDeposit(address) public view nonReentrantView returns (uint256) {
        HedgedVaultArgs memory a = args();
        OracleReading memory reading = _oracle(a).read(true);
        if (reading.flags != 0) return 0;
        Book memory b = _bookAt(a, reading, false);
        if (_depositsClosedFor(b) != 0) return 0;
        uint256 cap = depositCapQuote;
        return b.navQuote >= cap ? 0 : cap - b.navQuote;
    }

    /// @inheritdoc IERC4626
    function maxMint(address receiver) external view returns (uint256) {
        uint256 assets = maxDeposit(receiver);
        return assets == 0 ? 0 : _toSharesDown(assets, _pricedBook(args()).navMaxQuote);
    }

    /// @inheritdoc IERC4626
    function previewDeposit(uint256 assets) external view nonReentrantView returns (uint256) {
        return _toSharesDown(assets, _depositBook(args()).navMaxQuote);
    }

    /// @inheritdoc IERC4626
    function previewMint(uint256 shares) external view nonReentrantView returns (uint256) {
        return _toAssetsUp(shares, _depositBook(args()).navMaxQuote);
    }

    /// @inheritdoc IERC4626
    /// @dev Redemptions are asynchronous: ERC-7540 requires the previews to revert.
    function previewWithdraw(uint256) external pure returns (uint256) {
        revert HedgedVault_AsyncOnly();
    }

    /// @inheritdoc IERC4626
    function previewRedeem(uint256) external pure returns (uint256) {
        revert HedgedVault_AsyncOnly();
    }

    /// @inheritdoc IERC4626
    function maxRedeem(address controller) public view override(IERC4626, RedemptionQueue) returns (uint256) {
        return RedemptionQueue.maxRedeem(controller);
    }

    /// @inheritdoc IERC4626
    function maxWithdraw(address controller) public view override(IERC4626, RedemptionQueue) returns (uint256) {
        return RedemptionQueue.maxWithdraw(controller);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return
            interfaceId == type(IERC165).interfaceId ||
            interfaceId == type(IERC7540Operator).interfaceId ||
            interfaceId == type(IERC7540Redeem).interfaceId ||
            interfaceId == 0x2f0a18c5; // ERC-7575 vault, the number its text gives
    }

    // --- depositors

    /// @inheritdoc IERC4626
    function deposit(uint256 assets, address receiver) external nonReentrant returns (uint256 shares) {
        HedgedVaultArgs memory a = args();
        Book memory b = _depositBook(a);
        shares = _toSharesDown(assets, b.navMaxQuote);
        _deposit(a, b, assets, shares, receiver);
    }

    /// @inheritdoc IERC4626
    function mint(uint256 shares, address receiver) external nonReentrant returns (uint256 assets) {
        HedgedVaultArgs memory a = args();
        Book memory b = _depositBook(a);
        assets = _toAssetsUp(shares, b.navMaxQuote);
        _deposit(a, b, assets, shares, receiver);
    }

    /// @inheritdoc IERC7540Redeem
    /// @dev Settles at once where it can; where it cannot (oracle, venue, other requests first) the request waits.
    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 requestId) {
        if (_reentrancyGuardEntered()) revert ReentrancyGuardReentrantCall();
        if (shares == 0 || controller == address(0)) revert HedgedVault_ZeroAmount();
        uint256 minimum = 10 ** args().shareDecimals / MIN_REQUEST_PART;
        if (shares < minimum && shares != balanceOf(owner)) revert HedgedVault_RequestTooSmall(shares, minimum);
        if (owner != msg.sender && !isOperator[owner][msg.sender]) _spendAllowance(owner, msg.sender, shares);
        requestId = _enqueue(shares, controller, owner);
        // A failure to settle is no failure to request: the queue and the exit in kind remain.
        try this.settle(AUTO_SETTLE_REQUESTS) returns (uint256) {} catch {}
    }

    /// @inheritdoc IHedgedVault
    function cancelRedeemRequest(uint256 requestId, address receiver) external nonReentrant {
        RedemptionRequest memory request = _withdrawOwnRequest(requestId);
        _transfer(address(this), receiver, request.shares);
        emit RedeemCancelled(requestId, request.controller, request.shares);
    }

    /// @inheritdoc IHedgedVault
    function settle(uint256 maxRequests) external nonReentrant returns (uint256 settled) {
        HedgedVaultArgs memory a = args();
        (uint256 shares, uint256 end) = _sharesAtHead(maxRequests);
        if (end == queueHead) revert HedgedVault_NothingToSettle();
        if (shares == 0) {
            // Only cancelled places: skip them.
            (, settled) = _settleUntil(end, 0, 0);
            return settled;
        }
        // Whoever leaves gets what the own part of everything comes to, not a price: those who stay keep theirs untouched.
        uint256 realised = _unwindToQuote(a, _agreedReading(a).priceWad, shares, totalSupply());
        uint256 paid;
        (paid, settled) = _settleUntil(end, shares, realised);
        _idleQuote -= paid.toUint128();
        _closeBooks(a);
    }

    /// @inheritdoc IERC4626
    /// @dev Claims a settled request; `shares` were burnt at settlement.
    function redeem(
        uint256 shares,
        address receiver,
        address controller
    ) external nonReentrant onlyControllerOrOperator(controller) returns (uint256 assets) {
        assets = _takeClaimByShares(controller, shares);
        _payClaim(receiver, controller, assets, shares);
    }

    /// @inheritdoc IERC4626
    function withdraw(
        uint256 assets,
        address receiver,
        address controller
    ) external nonReentrant onlyControllerOrOperator(controller) returns (uint256 shares) {
        shares = _takeClaimByAssets(controller, assets);
        _payClaim(receiver, controller, assets, shares);
    }

    /// @inheritdoc IHedgedVault
    function exitInKind(
        uint256 requestId,
        address receiver,
        uint256 maxBaseIn
    ) external nonReentrant returns (uint256 baseOut, uint256 quoteOut) {
        if (!windDown()) {
            uint256 opensAt = uint256(_requestOf(requestId).requestedAt) + policy.params().exitDelaySeconds;
            if (block.timestamp < opensAt) revert HedgedVault_ExitTooEarly(opensAt);
        }
        RedemptionRequest memory request = _withdrawOwnRequest(requestId);
        HedgedVaultArgs memory a = args();
        uint256 supply = totalSupply();
        _burn(address(this), request.shares);

        (uint256 shareBase, uint256 shareQuote) = _removeShare(request.shares, supply);
        uint256 baseNeeded = _baseToUnwind(request.shares, supply);
        uint256 baseIn;
        if (baseNeeded > shareBase) {
            baseIn = baseNeeded - shareBase;
            if (baseIn > maxBaseIn) revert HedgedVault_ExitNeedsMoreBase(baseIn, maxBaseIn);
            IERC20(a.base).safeTransferFrom(msg.sender, address(this), baseIn);
            _receive(baseIn, 0);
        }
        shareQuote += _unwindHedges(request.shares, supply);
        baseOut = shareBase + baseIn - baseNeeded;
        quoteOut = shareQuote;
        _spend(a, a.base, baseOut);
        _spend(a, a.quote, quoteOut);
        if (baseOut > 0) IERC20(a.base).safeTransfer(receiver, baseOut);
        if (quoteOut > 0) IERC20(a.quote).safeTransfer(receiver, quoteOut);
        _closeBooks(a);
        emit ExitedInKind(requestId, receiver, request.shares, baseIn, baseOut, quoteOut);
    }

    // --- keeper

    /// @inheritdoc IHedgedVault
    function rebalance(Action[] calldata actions, PlanPromise calldata promised) external restricted nonReentrant {
        if (promised.expectedEpoch != epoch) revert HedgedVault_WrongEpoch(promised.expectedEpoch, epoch);
        if (block.timestamp > promised.deadline) revert HedgedVault_DeadlinePassed(promised.deadline, block.timestamp);
        HedgedVaultArgs memory a = args();
        OracleReading memory reading = _agreedReading(a);
        LiquidityState memory state = liquidity.read(reading.priceWad, 0);
        Book memory before = _bookOf(a, reading, state, false);
        bool riskMayOnlyFall = _mode & (MODE_WIND_DOWN | MODE_DEGRADED) != 0 || before.lost;

        bool movesLiquidity;
        for (uint256 i = 0; i < actions.length; ++i) {
            if (_act(a, i, actions[i], reading.priceWad, riskMayOnlyFall)) movesLiquidity = true;
        }

        uint256 flags = _oracle(a).spotFlags(reading.priceWad);
        if (flags != 0) revert HedgedVault_OracleUnhealthy(flags);
        // Untouched ranges hold at the oracle's price what they held before, whatever a swap did to the pool.
        if (movesLiquidity) state = liquidity.read(reading.priceWad, 0);
        Book memory afterwards = _bookOf(a, reading, state, false);
        if (riskMayOnlyFall && afterwards.healthWad < before.healthWad) {
            revert HedgedVault_RiskMayOnlyFall(actions.length);
        }
        policy.enforce(before, afterwards, promised);
        _closeBooks(a);
        emit Rebalanced(
            epoch++,
            msg.sender,
            reading.priceWad,
            before.deltaBase,
            afterwards.deltaBase,
            before.navQuote,
            afterwards.navQuote
        );
    }

    /// @inheritdoc IHedgedVault
    function reconcile() external nonReentrant {
        bool lost;
        for (uint256 i = 0; i < _hedges.length; ++i) {
            if (IHedge(_hedges[i]).reconcile()) lost = true;
        }
        if (lost && !degraded()) {
            _setMode(MODE_DEGRADED, true);
            emit Degraded(true);
        }
    }

    /// @inheritdoc IVaultTill
    function pay(address token, uint256 amount, address to) external {
        if (!_reentrancyGuardEntered() || (msg.sender != address(liquidity) && !_isHedge(msg.sender))) {
            revert HedgedVault_OnlyAdapter(msg.sender);
        }
        _spend(args(), token, amount);
        IERC20(token).safeTransfer(to, amount);
    }

    // --- guardian and owner

    /// @notice Closes deposits. Never touches an exit.
    function pauseDeposits() external restricted {
        _setMode(MODE_PAUSED, true);
        emit DepositsPaused(true);
    }

    /// @notice Reopens deposits: the owner's to do, since it lets risk in again.
    function resumeDeposits() external restricted {
        _setMode(MODE_PAUSED, false);
        emit DepositsPaused(false);
    }

    /// @notice Changes the NAV above which deposits are closed.
    function setDepositCap(uint88 capQuote) external restricted {
        depositCapQuote = capQuote;
        emit DepositCapChanged(capQuote);
    }

    /// @notice For good: no deposits; the keeper may add no liquidity, no short and lower no health; every request may
    /// leave in kind.
    function startWindDown() external restricted {
        _setMode(MODE_WIND_DOWN, true);
        emit WindDownStarted();
    }

    /// @notice Ends the degraded mode after somebody looked at what happened.
    function clearDegraded() external restricted {
        _setMode(MODE_DEGRADED, false);
        emit Degraded(false);
    }

    function _setMode(uint8 bit, bool on) private {
        _mode = on ? _mode | bit : _mode & ~bit;
    }

    // --- internals: valuation

    function _oracle(HedgedVaultArgs memory a) private pure returns (IPriceOracle) {
        return IPriceOracle(a.oracle);
    }

    /// @dev For keeper actions and settlements: everything healthy, except that a depeg of the quote stops nobody from
    /// reducing risk or leaving.
    function _agreedReading(HedgedVaultArgs memory a) private view returns (OracleReading memory reading) {
        reading = _oracle(a).read(false);
        uint256 flags = reading.flags & ~OracleFlags.DEPEG;
        if (flags != 0) revert HedgedVault_OracleUnhealthy(flags);
    }

    function _pricedBook(HedgedVaultArgs memory a) private view returns (Book memory) {
        OracleReading memory reading = _oracle(a).read(false);
        if (reading.priceWad == 0) revert HedgedVault_OracleUnhealthy(reading.flags);
        return _bookAt(a, reading, false);
    }

    function _depositBook(HedgedVaultArgs memory a) private view returns (Book memory b) {
        OracleReading memory reading = _oracle(a).read(true);
        if (reading.flags != 0) revert HedgedVault_OracleUnhealthy(reading.flags);
        b = _bookAt(a, reading, false);
        bytes32 reason = _depositsClosedFor(b);
        if (reason != 0) revert HedgedVault_DepositsClosed(reason);
    }

    function _depositsClosedFor(Book memory b) private view returns (bytes32) {
        uint8 mode = _mode;
        if (mode & MODE_PAUSED != 0) return "paused";
        if (mode & MODE_WIND_DOWN != 0) return "wind-down";
        if (mode & MODE_DEGRADED != 0 || b.lost) return "degraded";
        if (b.navMaxQuote == 0 && totalSupply() != 0) return "insolvent";
        return 0;
    }

    /// @param withLowest Also the lowest value over the oracle's band, which operations do without.
    function _bookAt(
        HedgedVaultArgs memory a,
        OracleReading memory reading,
        bool withLowest
    ) private view returns (Book memory b) {
        uint256 bandBps = withLowest ? reading.bandBps : 0;
        return _bookOf(a, reading, liquidity.read(reading.priceWad, bandBps), withLowest);
    }

    /// @dev Values everything at the reading's price. The position is concave and the hedges are linear in the price, so
    /// over the oracle's band the lowest value is at an end, and the tangent at the middle bounds the highest.
    function _bookOf(
        HedgedVaultArgs memory a,
        OracleReading memory reading,
        LiquidityState memory s,
        bool withLowest
    ) private view returns (Book memory b) {
        uint256 price = reading.priceWad;
        b.priceWad = price;
        b.healthWad = type(uint256).max;
        int256 hedgeDelta;
        int256 equityMin;
        int256 equityMax;
        uint256 count = _hedges.length;
        for (uint256 i = 0; i < count; ++i) {
            HedgeState memory h = IHedge(_hedges[i]).read(price);
            hedgeDelta += h.deltaBase;
            equityMin += h.equityMinQuote;
            equityMax += h.equityMaxQuote;
            b.healthWad = Math.min(b.healthWad, h.healthWad);
            b.pending = b.pending || h.pending;
            b.lost = b.lost || h.lost;
        }
        // Sums of token amounts: far below 2^255, so the casts of this function cannot wrap.
        uint256 heldBase = _idleBase + s.feesBase;
        int256 heldQuote = int256(_idleQuote + s.feesQuote);
        b.deltaBase = int256(heldBase + s.base) + hedgeDelta;

        int256 mid = heldQuote + int256(s.quote + _quoteDown(a, heldBase + s.base, price));
        uint256 step = (price * reading.bandBps) / BPS;
        uint256 drift = PriceMath.quoteOf(SignedMath.abs(b.deltaBase), step, a.scale, Math.Rounding.Ceil);
        b.navQuote = _positive(mid + (equityMin + equityMax) / 2);
        b.navMaxQuote = _positive(mid + equityMax) + drift;
        b.navMinQuote = b.navQuote;
        if (withLowest) {
            int256 move = PriceMath.quoteOfSignedDown(hedgeDelta, step, a.scale);
            int256 low = int256(s.quoteLow + _quoteDown(a, heldBase + s.baseLow, price - step)) - move;
            int256 high = int256(s.quoteHigh + _quoteDown(a, heldBase + s.baseHigh, price + step)) + move;
            b.navMinQuote = _positive(SignedMath.min(mid, heldQuote + SignedMath.min(low, high)) + equityMin);
        }
    }

    function _toSharesDown(uint256 assets, uint256 nav) private view returns (uint256) {
        return assets.mulDiv(totalSupply() + VIRTUAL_SHARES, nav + 1);
    }

    function _toAssetsDown(uint256 shares, uint256 nav) private view returns (uint256) {
        return shares.mulDiv(nav + 1, totalSupply() + VIRTUAL_SHARES);
    }

    function _toAssetsUp(uint256 shares, uint256 nav) private view returns (uint256) {
        return shares.mulDiv(nav + 1, totalSupply() + VIRTUAL_SHARES, Math.Rounding.Ceil);
    }

    function _quoteDown(HedgedVaultArgs memory a, uint256 base, uint256 priceWad) private pure returns (uint256) {
        return PriceMath.quoteOf(base, priceWad, a.scale, Math.Rounding.Floor);
    }

    function _positive(int256 value) private pure returns (uint256) {
        return value > 0 ? uint256(value) : 0;
    }

    // --- internals: deposits and exits

    function _deposit(
        HedgedVaultArgs memory a,
        Book memory b,
        uint256 assets,
        uint256 shares,
        address receiver
    ) private {
        if (assets == 0 || shares == 0) revert HedgedVault_ZeroAmount();
        uint256 cap = depositCapQuote;
        if (b.navQuote + assets > cap) revert HedgedVault_DepositAboveCap(b.navQuote + assets, cap);
        IERC20(a.quote).safeTransferFrom(msg.sender, address(this), assets);
        _receive(0, assets);
        _mint(receiver, shares);
        emit Deposit(msg.sender, receiver, assets, shares);
        _closeQuote(a);
    }

    function _withdrawOwnRequest(uint256 requestId) private returns (RedemptionRequest memory request) {
        request = _withdrawRequest(requestId);
        if (request.controller != msg.sender && !isOperator[request.controller][msg.sender]) {
            revert HedgedVault_NotController(msg.sender, request.controller);
        }
    }

    function _payClaim(address receiver, address controller, uint256 assets, uint256 shares) private {
        if (shares == 0) revert HedgedVault_ZeroAmount();
        emit Withdraw(msg.sender, receiver, controller, assets, shares);
        IERC20(args().quote).safeTransfer(receiver, assets);
        emit IdleChanged(_idleBase, _idleQuote, _reservedQuote);
    }

    /// @dev Unwinds `shares / supply` of everything into quote and leaves it idle.
    /// @return realised Quote that this part of the vault came to, after the cost of moving it.
    function _unwindToQuote(
        HedgedVaultArgs memory a,
        uint256 priceWad,
        uint256 shares,
        uint256 supply
    ) private returns (uint256 realised) {
        (uint256 shareBase, uint256 shareQuote) = _removeShare(shares, supply);
        int256 surplusBase = int256(shareBase) - int256(_baseToUnwind(shares, supply));
        int256 cleared = _clearBase(a, priceWad, surplusBase, shareBase, shareQuote);
        return _positive(int256(shareQuote + _unwindHedges(shares, supply)) + cleared);
    }

    /// @dev Turns a surplus of base into quote, or buys a deficit. Small amounts are matched against idle funds at the
    /// same worst price.
    /// @return quoteFlow Signed quote that the leaver gains by it.
    function _clearBase(
        HedgedVaultArgs memory a,
        uint256 priceWad,
        int256 surplusBase,
        uint256 shareBase,
        uint256 shareQuote
    ) private returns (int256 quoteFlow) {
        if (surplusBase == 0) return 0;
        uint256 amount = SignedMath.abs(surplusBase);
        uint256 limit = _swapLimit(a, -surplusBase, priceWad);
        // Those who stay must hold what the match takes beyond the leaver's own: quote for a surplus, base for a deficit.
        bool matched =
            limit <= ((shareQuote + _quoteDown(a, shareBase, priceWad)) * INTERNAL_MATCH_BPS) / BPS &&
                (surplusBase > 0 ? shareQuote + limit <= _idleQuote : shareBase + amount <= _idleBase);
        if (matched) return surplusBase > 0 ? int256(limit) : -int256(limit);
        quoteFlow = liquidity.swap(-surplusBase, limit);
        if (quoteFlow > 0) _receive(0, uint256(quoteFlow));
        else _receive(amount, 0);
    }

    /// @dev Takes `shares / supply` out of the liquidity. The part of idle funds is included in the result.
    function _removeShare(uint256 shares, uint256 supply) private returns (uint256 shareBase, uint256 shareQuote) {
        shareBase = uint256(_idleBase).mulDiv(shares, supply);
        shareQuote = uint256(_idleQuote).mulDiv(shares, supply);
        Withdrawn memory w = liquidity.removeShare(shares, supply);
        _receive(w.base, w.quote);
        shareBase += w.shareBase;
        shareQuote += w.shareQuote;
    }

    function _baseToUnwind(uint256 shares, uint256 supply) private view returns (uint256 baseNeeded) {
        for (uint256 i = 0; i < _hedges.length; ++i) baseNeeded += IHedge(_hedges[i]).baseToUnwind(shares, supply);
    }

    function _unwindHedges(uint256 shares, uint256 supply) private returns (uint256 quoteReceived) {
        for (uint256 i = 0; i < _hedges.length; ++i) {
            HedgeFlow memory flow = IHedge(_hedges[i]).unwind(shares, supply);
            if (flow.status == HedgeStatus.Pending) revert HedgedVault_HedgePending(i);
            _receive(flow.baseReceived, flow.quoteReceived);
            quoteReceived += flow.quoteReceived;
        }
    }

    // --- internals: keeper

    function _act(
        HedgedVaultArgs memory a,
        uint256 index,
        Action calldata action,
        uint256 priceWad,
        bool riskMayOnlyFall
    ) private returns (bool movesLiquidity) {
        ActionKind kind = action.kind;
        movesLiquidity = kind == ActionKind.RemoveLiquidity || kind == ActionKind.AddLiquidity;
        if (kind == ActionKind.RemoveLiquidity) {
            (uint256 base, uint256 quote) = liquidity.remove(
                action.tickLower,
                action.tickUpper,
                _liquidityOf(index, action.amount)
            );
            _receive(base, quote);
        } else if (kind == ActionKind.AddLiquidity) {
            if (riskMayOnlyFall) revert HedgedVault_RiskMayOnlyFall(index);
            liquidity.add(action.tickLower, action.tickUpper, _liquidityOf(index, action.amount));
        } else if (kind == ActionKind.AdjustHedge) {
            if (riskMayOnlyFall && action.amount < 0) revert HedgedVault_RiskMayOnlyFall(index);
            if (action.hedgeIndex >= _hedges.length) {
                revert HedgedVault_UnknownHedge(action.hedgeIndex, _hedges.length);
            }
            HedgeFlow memory flow = IHedge(_hedges[action.hedgeIndex]).adjust(action.amount, action.marginQuote);
            _receive(flow.baseReceived, flow.quoteReceived);
        } else {
            if (action.amount == 0) revert HedgedVault_BadAmount(index, action.amount);
            int256 quoteFlow = liquidity.swap(action.amount, _swapLimit(a, action.amount, priceWad));
            if (action.amount > 0) _receive(uint256(action.amount), 0);
            else _receive(0, uint256(quoteFlow)); // selling never costs quote
        }
    }

    function _liquidityOf(uint256 index, int256 amount) private pure returns (uint128) {
        if (amount < 0 || amount > int256(uint256(type(uint128).max))) revert HedgedVault_BadAmount(index, amount);
        return uint128(uint256(amount));
    }

    /// @dev Worst quote for a signed change of base: least to receive, or most to pay. Lenient by the units that the pool
    /// rounds away (amount and fee, a unit each), so that a trade of dust goes through.
    function _swapLimit(HedgedVaultArgs memory a, int256 baseChange, uint256 priceWad) private view returns (uint256) {
        uint256 slippageBps = policy.maxSlippageBps();
        uint256 amount = SignedMath.abs(baseChange);
        if (baseChange > 0) {
            uint256 most = _quoteDown(a, amount, priceWad).mulDiv(BPS + slippageBps, BPS, Math.Rounding.Ceil);
            return most + POOL_ROUNDING_UNITS;
        }
        uint256 counted = amount > POOL_ROUNDING_UNITS ? amount - POOL_ROUNDING_UNITS : 0;
        return _quoteDown(a, counted, priceWad).mulDiv(BPS - slippageBps, BPS);
    }

    // --- internals: idle funds

    function _isHedge(address caller) private view returns (bool) {
        uint256 count = _hedges.length;
        for (uint256 i = 0; i < count; ++i) if (_hedges[i] == caller) return true;
        return false;
    }

    function _receive(uint256 base, uint256 quote) private {
        if (base > 0) _idleBase += base.toUint128();
        if (quote > 0) _idleQuote += quote.toUint128();
    }

    function _spend(HedgedVaultArgs memory a, address token, uint256 amount) private {
        if (amount == 0) return;
        bool isBase = token == a.base;
        uint256 available =
            isBase
                ? _idleBase
                : token == a.quote
                    ? _idleQuote
                    : 0;
        if (amount > available) revert HedgedVault_InsufficientIdle(token, amount, available);
        // Below the available 128-bit amount.
        if (isBase) _idleBase -= uint128(amount);
        else _idleQuote -= uint128(amount);
    }

    /// @dev Last step of every operation: what the books say must be there, whatever an adapter reported.
    function _closeBooks(HedgedVaultArgs memory a) private {
        uint256 idleBase = _idleBase;
        uint256 heldBase = IERC20(a.base).balanceOf(address(this));
        if (heldBase < idleBase) revert HedgedVault_Insolvent(a.base, heldBase, idleBase);
        _closeQuote(a);
    }

    /// @dev The same where no base can have moved.
    function _closeQuote(HedgedVaultArgs memory a) private {
        uint256 idleQuote = _idleQuote;
        uint256 owedQuote = idleQuote + _reservedQuote;
        uint256 heldQuote = IERC20(a.quote).balanceOf(address(this));
        if (heldQuote < owedQuote) revert HedgedVault_Insolvent(a.quote, heldQuote, owedQuote);
        emit IdleChanged(_idleBase, idleQuote, _reservedQuote);
    }
}
