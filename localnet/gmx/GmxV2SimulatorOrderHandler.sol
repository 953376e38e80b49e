// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {
    IGmxV2GasFeeCallbackReceiver,
    IGmxV2OrderCallbackReceiver
} from "../../contracts/interfaces/external/gmx/IGmxV2.sol";
import {
    GMX_LIQUIDATION,
    GMX_MARKET_DECREASE,
    GMX_MARKET_INCREASE,
    GmxV2Bytes32Item,
    GmxV2Bytes32Items,
    GmxV2BytesItem,
    GmxV2CreateOrderParams,
    GmxV2EventData,
    GmxV2Market,
    GmxV2MarketPrices,
    GmxV2Order,
    GmxV2Position,
    GmxV2Price
} from "../../contracts/interfaces/external/gmx/GmxV2Types.sol";
import {GmxV2SimulatorBank, IWnt} from "./GmxV2SimulatorBank.sol";
import {GmxV2SimulatorKeys as K} from "./GmxV2SimulatorKeys.sol";
import {GmxV2SimulatorMarket as M} from "./GmxV2SimulatorMarket.sol";
import {GmxV2SimulatorPositions as P} from "./GmxV2SimulatorPositions.sol";
import {GmxV2SimulatorRecords as R} from "./GmxV2SimulatorRecords.sol";
import {GmxV2SimulatorDataStore} from "./GmxV2SimulatorDataStore.sol";
import {GmxV2SimulatorEventEmitter} from "./GmxV2SimulatorEventEmitter.sol";
import {GmxV2SetPricesParams, GmxV2SimulatorOracle} from "./GmxV2SimulatorOracle.sol";
import {GmxV2SimulatorRoles} from "./GmxV2SimulatorRoles.sol";
import {GmxV2SimulatorRoleStore} from "./GmxV2SimulatorRoleStore.sol";

/// @notice What a handler works on.
struct GmxV2SimulatorParts {
    GmxV2SimulatorRoleStore roleStore;
    GmxV2SimulatorDataStore dataStore;
    GmxV2SimulatorEventEmitter eventEmitter;
    GmxV2SimulatorOracle oracle;
    GmxV2SimulatorBank orderVault;
    IWnt wnt;
}

/// @title Makes, executes and cancels orders in the simulated GMX, with the venue's two steps, gas limits, callbacks and
/// execution fees; also liquidates and deleverages. Keepers name no prices: the simulated oracle has them. LOCAL ONLY.
contract GmxV2SimulatorOrderHandler is GmxV2SimulatorRoles {
    using SafeERC20 for IERC20;

    error DisabledFeature(bytes32 key);
    error DisabledMarket(address market);
    error EmptyMarket();
    error EmptyOrder();
    error EmptyReceiver();
    error InsufficientExecutionFee(uint256 minExecutionFee, uint256 executionFee);
    error InsufficientExecutionGas(uint256 startingGas, uint256 estimated, uint256 minAdditional);
    error InsufficientGasLeftForCallback(uint256 gasToBeForwarded, uint256 callbackGasLimit);
    error InsufficientWntAmountForExecutionFee(uint256 wntAmount, uint256 executionFee);
    error InvalidKeeperForFrozenOrder(address keeper);
    error MaxCallbackGasLimitExceeded(uint256 callbackGasLimit, uint256 maxCallbackGasLimit);
    error OrderTypeCannotBeCreated(uint256 orderType);
    error OracleTimestampsAreSmallerThanRequired(uint256 minOracleTimestamp, uint256 expectedTimestamp);
    error OracleTimestampsAreLargerThanRequestExpirationTime(uint256 max, uint256 updatedAt, uint256 expiration);
    error RequestNotYetCancellable(uint256 requestAge, uint256 requestExpirationAge, string requestType);
    error OnlySelf();
    error AdlNotRequired(int256 pnlToPoolFactor, uint256 maxPnlFactorForAdl);

    event AfterOrderExecutionError(bytes32 key);
    event AfterOrderCancellationError(bytes32 key);
    event AfterOrderFrozenError(bytes32 key);

    uint256 private constant FLOAT = 1e30;
    uint256 private constant ORACLE_PRICES = 3;

    GmxV2SimulatorDataStore public immutable dataStore;
    GmxV2SimulatorEventEmitter private immutable eventEmitter;
    GmxV2SimulatorOracle public immutable oracle;
    GmxV2SimulatorBank public immutable orderVault;
    IWnt private immutable wnt;

    constructor(GmxV2SimulatorParts memory parts) GmxV2SimulatorRoles(parts.roleStore) {
        dataStore = parts.dataStore;
        eventEmitter = parts.eventEmitter;
        oracle = parts.oracle;
        orderVault = parts.orderVault;
        wnt = parts.wnt;
    }

    receive() external payable {}

    // --- first step

    function createOrder(
        address account,
        GmxV2CreateOrderParams calldata p
    ) external onlyRole("CONTROLLER") returns (bytes32 key) {
        _requireFeature("CREATE_ORDER_FEATURE_DISABLED", p.orderType);
        GmxV2Order memory o;
        uint256 margin = p.numbers.initialCollateralDeltaAmount;
        if (p.orderType == GMX_MARKET_INCREASE) {
            margin = orderVault.recordTransferIn(p.addresses.initialCollateralToken);
        } else if (p.orderType != GMX_MARKET_DECREASE) revert OrderTypeCannotBeCreated(p.orderType);
        uint256 fee = p.numbers.executionFee;
        if (p.orderType == GMX_MARKET_INCREASE && p.addresses.initialCollateralToken == address(wnt)) {
            if (margin < fee) revert InsufficientWntAmountForExecutionFee(margin, fee);
            margin -= fee;
        } else {
            uint256 received = orderVault.recordTransferIn(address(wnt));
            if (received < fee) revert InsufficientWntAmountForExecutionFee(received, fee);
            fee = received;
        }
        _enabledMarket(p.addresses.market);
        if (p.addresses.receiver == address(0)) revert EmptyReceiver();
        uint256 most = dataStore.getUint(K.name("MAX_CALLBACK_GAS_LIMIT"));
        if (p.numbers.callbackGasLimit > most) revert MaxCallbackGasLimitExceeded(p.numbers.callbackGasLimit, most);

        o.addresses.account = account;
        o.addresses.receiver = p.addresses.receiver;
        o.addresses.cancellationReceiver = p.addresses.cancellationReceiver;
        o.addresses.callbackContract = p.addresses.callbackContract;
        o.addresses.uiFeeReceiver = p.addresses.uiFeeReceiver;
        o.addresses.market = p.addresses.market;
        o.addresses.initialCollateralToken = p.addresses.initialCollateralToken;
        o.numbers.orderType = p.orderType;
        o.numbers.decreasePositionSwapType = p.decreasePositionSwapType;
        o.numbers.sizeDeltaUsd = p.numbers.sizeDeltaUsd;
        o.numbers.initialCollateralDeltaAmount = margin;
        o.numbers.triggerPrice = p.numbers.triggerPrice;
        o.numbers.acceptablePrice = p.numbers.acceptablePrice;
        o.numbers.callbackGasLimit = p.numbers.callbackGasLimit;
        o.numbers.minOutputAmount = p.numbers.minOutputAmount;
        o.numbers.updatedAtTime = block.timestamp;
        o.flags.isLong = p.isLong;
        o.flags.shouldUnwrapNativeToken = p.shouldUnwrapNativeToken;
        uint256 least = _estimatedGas(o) * tx.gasprice;
        if (fee < least) revert InsufficientExecutionFee(least, fee);
        o.numbers.executionFee = fee;
        if (o.numbers.sizeDeltaUsd == 0 && margin == 0) revert EmptyOrder();

        key = _nextKey();
        R.setOrder(dataStore, key, o);
        _emit("OrderCreated", key, account, "");
    }

    /// @notice Cancels an order of the caller's account, as the router found, after its time.
    function cancelOrder(bytes32 key) external onlyRole("CONTROLLER") {
        uint256 startingGas = gasleft();
        GmxV2Order memory o = R.order(dataStore, key);
        _requireFeature("CANCEL_ORDER_FEATURE_DISABLED", o.numbers.orderType);
        uint256 age = block.timestamp - o.numbers.updatedAtTime;
        uint256 expiration = dataStore.getUint(K.name("REQUEST_EXPIRATION_TIME"));
        if (age < expiration) revert RequestNotYetCancellable(age, expiration, "Order");
        _cancel(key, o, o.addresses.account, startingGas, "USER_INITIATED_CANCEL");
    }

    // --- second step

    /// @notice Executes an order, or cancels it with a successful receipt where it cannot be executed. Reverts where that is
    /// the keeper's or the oracle's fault.
    function executeOrder(bytes32 key) external onlyRole("ORDER_KEEPER") {
        _execute(key);
    }

    /// @notice The venue's own form: with the prices of this order alone.
    function executeOrder(bytes32 key, GmxV2SetPricesParams calldata prices) external onlyRole("ORDER_KEEPER") {
        oracle.setPrices(prices);
        _execute(key);
        oracle.clearAllPrices();
    }

    /// @notice Freezes an order: for limit orders at the venue; here for any, so that a hedge can be seen to survive it.
    function freezeOrder(bytes32 key) external onlyRole("ORDER_KEEPER") {
        uint256 startingGas = gasleft();
        GmxV2Order memory o = R.order(dataStore, key);
        if (o.addresses.account == address(0)) revert EmptyOrder();
        uint256 fee = o.numbers.executionFee;
        o.numbers.executionFee = 0;
        o.flags.isFrozen = true;
        R.setOrder(dataStore, key, o);
        _emit("OrderFrozen", key, o.addresses.account, "frozen");
        _callback(key, o, IGmxV2OrderCallbackReceiver.afterOrderFrozen.selector);
        _payFee(key, o.addresses.callbackContract, fee, startingGas, msg.sender, o.addresses.receiver);
    }

    function executeLiquidation(
        address account,
        address market,
        address collateral,
        bool isLong
    ) external onlyRole("LIQUIDATION_KEEPER") {
        bytes32 positionKey = keccak256(abi.encode(account, market, collateral, isLong));
        uint256 size = dataStore.getUint(K.field(positionKey, "SIZE_IN_USD"));
        _forced(account, market, collateral, isLong, size, GMX_LIQUIDATION);
    }

    /// @notice Takes a part of a position in profit off, where the pool owes its side too much.
    function executeAdl(
        address account,
        address market,
        address collateral,
        bool isLong,
        uint256 sizeDeltaUsd
    ) external onlyRole("ADL_KEEPER") {
        GmxV2Market memory m = R.market(dataStore, market);
        GmxV2MarketPrices memory p = _prices(m);
        uint256 pool = M.poolUsd(dataStore, m, p, isLong);
        int256 factor = (M.sidePnl(dataStore, m, p, isLong) * int256(FLOAT / 1e12)) / int256(pool / 1e12);
        uint256 most = dataStore.getUint(K.maxPnlFactor("MAX_PNL_FACTOR_FOR_ADL", market, isLong));
        if (factor <= int256(most)) revert AdlNotRequired(factor, most);
        _forced(account, market, collateral, isLong, sizeDeltaUsd, GMX_MARKET_DECREASE);
    }

    /// @dev Own call only: the gas limit and the swallowed revert of an execution.
    function doExecuteOrder(
        bytes32 key,
        GmxV2Order memory o,
        address keeper,
        uint256 startingGas,
        bool isAdl
    ) external {
        if (msg.sender != address(this)) revert OnlySelf();
        if (o.flags.isFrozen && !roleStore.hasRole(keeper, K.name("FROZEN_ORDER_KEEPER"))) {
            revert InvalidKeeperForFrozenOrder(keeper);
        }
        _requireFeature("EXECUTE_ORDER_FEATURE_DISABLED", o.numbers.orderType);
        R.removeOrder(dataStore, key, o.addresses.account);
        if (o.addresses.account == address(0)) revert EmptyOrder();
        GmxV2Market memory m = _enabledMarket(o.addresses.market);
        GmxV2MarketPrices memory p = _prices(m);
        if (o.numbers.orderType != GMX_LIQUIDATION && !isAdl) _requireTimely(o.numbers.updatedAtTime);
        P.touch(dataStore, m, p);
        _process(o, m, p, isAdl);
        _emit("OrderExecuted", key, o.addresses.account, "");
        _callback(key, o, IGmxV2OrderCallbackReceiver.afterOrderExecution.selector);
        _payFee(key, o.addresses.callbackContract, o.numbers.executionFee, startingGas, keeper, o.addresses.receiver);
    }

    // --- internals

    function _execute(bytes32 key) private {
        uint256 startingGas = gasleft();
        GmxV2Order memory o = R.order(dataStore, key);
        uint256 estimated = _executionGas(o);
        uint256 additional = dataStore.getUint(K.name("MIN_ADDITIONAL_GAS_FOR_EXECUTION"));
        if (startingGas < estimated + additional) revert InsufficientExecutionGas(startingGas, estimated, additional);
        uint256 forErrors = dataStore.getUint(K.name("MIN_HANDLE_EXECUTION_ERROR_GAS_TO_FORWARD"));
        try this.doExecuteOrder{gas: startingGas - forErrors}(key, o, msg.sender, startingGas, false) {} catch (
            bytes memory reason
        ) {
            _handleError(key, startingGas, reason);
        }
    }

    function _process(GmxV2Order memory o, GmxV2Market memory m, GmxV2MarketPrices memory p, bool isAdl) private {
        bytes32 positionKey = keccak256(
            abi.encode(o.addresses.account, m.marketToken, o.addresses.initialCollateralToken, o.flags.isLong)
        );
        GmxV2Position memory pos = R.position(dataStore, positionKey);
        if (o.numbers.orderType == GMX_MARKET_INCREASE) {
            P.increase(dataStore, m, p, o, pos, positionKey);
            orderVault.transferOut(
                o.addresses.initialCollateralToken,
                m.marketToken,
                o.numbers.initialCollateralDeltaAmount
            );
            return;
        }
        uint256 output = P.decrease(dataStore, m, p, o, pos, positionKey, isAdl);
        GmxV2SimulatorBank(payable(m.marketToken)).transferOut(
            o.addresses.initialCollateralToken,
            o.addresses.receiver,
            output
        );
    }

    function _forced(
        address account,
        address market,
        address collateral,
        bool isLong,
        uint256 size,
        uint8 orderType
    ) private {
        GmxV2Order memory o;
        o.addresses.account = account;
        o.addresses.receiver = account;
        o.addresses.cancellationReceiver = account;
        o.addresses.callbackContract = dataStore.getAddress(K.ofToken("SAVED_CALLBACK_CONTRACT", account, market));
        o.addresses.market = market;
        o.addresses.initialCollateralToken = collateral;
        o.numbers.orderType = orderType;
        o.numbers.sizeDeltaUsd = size;
        o.numbers.acceptablePrice = isLong ? 0 : type(uint256).max;
        o.numbers.callbackGasLimit = dataStore.getUint(K.name("MAX_CALLBACK_GAS_LIMIT"));
        o.numbers.updatedAtTime = block.timestamp;
        o.flags.isLong = isLong;
        bytes32 key = _nextKey();
        R.setOrder(dataStore, key, o);
        _emit("OrderCreated", key, account, "");
        this.doExecuteOrder(key, o, msg.sender, gasleft(), orderType == GMX_MARKET_DECREASE);
    }

    /// @dev Errors of the oracle, of the keeper or of a paused feature leave the order where it is; all others cancel it.
    function _handleError(bytes32 key, uint256 startingGas, bytes memory reason) private {
        bytes4 selector = bytes4(reason);
        if (
            selector == GmxV2SimulatorOracle.EmptyPrimaryPrice.selector ||
            selector == OracleTimestampsAreSmallerThanRequired.selector ||
            selector == OracleTimestampsAreLargerThanRequestExpirationTime.selector ||
            selector == DisabledFeature.selector ||
            selector == InsufficientGasLeftForCallback.selector ||
            selector == EmptyOrder.selector ||
            selector == InvalidKeeperForFrozenOrder.selector
        ) {
            assembly ("memory-safe") {
                revert(add(reason, 32), mload(reason))
            }
        }
        _cancel(key, R.order(dataStore, key), msg.sender, startingGas, string(reason));
    }

    function _cancel(
        bytes32 key,
        GmxV2Order memory o,
        address keeper,
        uint256 startingGas,
        string memory reason
    ) private {
        if (o.addresses.account == address(0)) revert EmptyOrder();
        R.removeOrder(dataStore, key, o.addresses.account);
        address receiver = o.addresses.cancellationReceiver;
        if (o.numbers.orderType == GMX_MARKET_INCREASE && o.numbers.initialCollateralDeltaAmount > 0) {
            orderVault.transferOut(
                o.addresses.initialCollateralToken,
                receiver == address(0) ? o.addresses.account : receiver,
                o.numbers.initialCollateralDeltaAmount
            );
        }
        _emit("OrderCancelled", key, o.addresses.account, reason);
        _callback(key, o, IGmxV2OrderCallbackReceiver.afterOrderCancellation.selector);
        _payFee(
            key,
            o.addresses.callbackContract,
            o.numbers.executionFee,
            startingGas,
            keeper,
            receiver == address(0) ? o.addresses.receiver : receiver
        );
    }

    /// @dev Within its gas limit; what it reverts with is swallowed.
    function _callback(bytes32 key, GmxV2Order memory o, bytes4 selector) private {
        address to = o.addresses.callbackContract;
        if (to.code.length == 0) return;
        uint256 limit = o.numbers.callbackGasLimit;
        uint256 forwarded = (gasleft() / 64) * 63;
        if (forwarded < limit) revert InsufficientGasLeftForCallback(forwarded, limit);
        GmxV2EventData memory orderData;
        GmxV2EventData memory eventData;
        orderData.bytes32Items = _keyItem(key);
        // One encoding for all three: they have the same arguments.
        (bool done, ) = to.call{gas: limit}(abi.encodeWithSelector(selector, key, orderData, eventData));
        if (done) return;
        if (selector == IGmxV2OrderCallbackReceiver.afterOrderExecution.selector) emit AfterOrderExecutionError(key);
        else if (selector == IGmxV2OrderCallbackReceiver.afterOrderFrozen.selector) emit AfterOrderFrozenError(key);
        else emit AfterOrderCancellationError(key);
    }

    /// @dev The keeper is paid for the gas used; the rest goes back, by the callback or as ETH or as wrapped ETH.
    function _payFee(
        bytes32 key,
        address callback,
        uint256 fee,
        uint256 startingGas,
        address keeper,
        address refundReceiver
    ) private {
        if (fee == 0) return;
        uint256 used = startingGas - gasleft();
        uint256 gas =
            dataStore.getUint(K.name("EXECUTION_GAS_FEE_BASE_AMOUNT_V2_1")) +
                dataStore.getUint(K.name("EXECUTION_GAS_FEE_PER_ORACLE_PRICE")) * ORACLE_PRICES +
                M.applyFactor(used, dataStore.getUint(K.name("EXECUTION_GAS_FEE_MULTIPLIER_FACTOR")));
        uint256 forKeeper = Math.min(gas * tx.gasprice, fee);
        orderVault.transferOutNativeToken(keeper, forKeeper);
        uint256 refund = fee - forKeeper;
        if (refund == 0) return;
        if (callback.code.length != 0) {
            orderVault.transferOut(address(wnt), address(this), refund);
            wnt.withdraw(refund);
            GmxV2EventData memory none;
            uint256 limit = dataStore.getUint(K.name("REFUND_EXECUTION_FEE_GAS_LIMIT"));
            try IGmxV2GasFeeCallbackReceiver(callback).refundExecutionFee{gas: limit, value: refund}(key, none) {
                return;
            } catch {
                wnt.deposit{value: refund}();
                IERC20(address(wnt)).safeTransfer(address(orderVault), refund);
            }
        }
        orderVault.transferOutNativeToken(refundReceiver, refund);
    }

    function _prices(GmxV2Market memory m) private view returns (GmxV2MarketPrices memory p) {
        p.indexTokenPrice = _price(m.indexToken);
        p.longTokenPrice = _price(m.longToken);
        p.shortTokenPrice = _price(m.shortToken);
    }

    function _price(address token) private view returns (GmxV2Price memory) {
        (uint256 min, uint256 max) = oracle.price(token);
        return GmxV2Price(min, max);
    }

    /// @dev Prices must be of a time after the order, and not of one when it had expired.
    function _requireTimely(uint256 updatedAt) private view {
        uint256 priced = oracle.timestamp();
        if (priced < updatedAt) revert OracleTimestampsAreSmallerThanRequired(priced, updatedAt);
        uint256 expiration = dataStore.getUint(K.name("REQUEST_EXPIRATION_TIME"));
        if (priced > updatedAt + expiration) {
            revert OracleTimestampsAreLargerThanRequestExpirationTime(priced, updatedAt, expiration);
        }
    }

    function _executionGas(GmxV2Order memory o) private view returns (uint256) {
        string memory what =
            o.numbers.orderType == GMX_MARKET_INCREASE ? "INCREASE_ORDER_GAS_LIMIT" : "DECREASE_ORDER_GAS_LIMIT";
        return dataStore.getUint(K.name(what)) + o.numbers.callbackGasLimit;
    }

    function _estimatedGas(GmxV2Order memory o) private view returns (uint256) {
        return
            dataStore.getUint(K.name("ESTIMATED_GAS_FEE_BASE_AMOUNT_V2_1")) +
            dataStore.getUint(K.name("ESTIMATED_GAS_FEE_PER_ORACLE_PRICE")) * ORACLE_PRICES +
            M.applyFactor(_executionGas(o), dataStore.getUint(K.name("ESTIMATED_GAS_FEE_MULTIPLIER_FACTOR")));
    }

    function _enabledMarket(address key) private view returns (GmxV2Market memory m) {
        m = R.market(dataStore, key);
        if (m.marketToken == address(0)) revert EmptyMarket();
        if (dataStore.getBool(K.of1("IS_MARKET_DISABLED", key))) revert DisabledMarket(key);
    }

    function _requireFeature(string memory what, uint256 orderType) private view {
        bytes32 key = K.feature(what, address(this), orderType);
        if (dataStore.getBool(key)) revert DisabledFeature(key);
    }

    function _nextKey() private returns (bytes32) {
        uint256 nonce = dataStore.incrementUint(K.name("NONCE"), 1);
        return keccak256(abi.encode(address(dataStore), nonce));
    }

    function _emit(string memory name, bytes32 key, address account, string memory reason) private {
        GmxV2EventData memory data;
        data.bytes32Items = _keyItem(key);
        if (bytes(reason).length != 0) {
            data.bytesItems.items = new GmxV2BytesItem[](1);
            data.bytesItems.items[0] = GmxV2BytesItem("reasonBytes", bytes(reason));
        }
        eventEmitter.emitEventLog2(name, key, bytes32(uint256(uint160(account))), data);
    }

    function _keyItem(bytes32 key) private pure returns (GmxV2Bytes32Items memory items) {
        items.items = new GmxV2Bytes32Item[](1);
        items.items[0] = GmxV2Bytes32Item("key", key);
    }
}
