// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

import {IGmxV2ExchangeRouter} from "../../contracts/interfaces/external/gmx/IGmxV2.sol";
import {GmxV2CreateOrderParams} from "../../contracts/interfaces/external/gmx/GmxV2Types.sol";
import {GmxV2SimulatorBank, IWnt} from "./GmxV2SimulatorBank.sol";
import {GmxV2SimulatorRouter} from "./GmxV2SimulatorRouter.sol";
import {GmxV2SimulatorKeys as K} from "./GmxV2SimulatorKeys.sol";
import {GmxV2SimulatorOrderHandler} from "./GmxV2SimulatorOrderHandler.sol";
import {GmxV2SimulatorDataStore} from "./GmxV2SimulatorDataStore.sol";
import {Unauthorized} from "./GmxV2SimulatorRoleStore.sol";

/// @title Where accounts meet the simulated GMX. LOCAL ONLY.
contract GmxV2SimulatorExchangeRouter is IGmxV2ExchangeRouter {
    using SafeERC20 for IERC20;

    error CollateralAlreadyClaimed(uint256 adjustedClaimableAmount, uint256 claimedAmount);
    error EmptyOrder();

    GmxV2SimulatorDataStore private immutable STORE;
    GmxV2SimulatorOrderHandler private immutable HANDLER;
    GmxV2SimulatorRouter private immutable TOKENS;
    IWnt private immutable WNT;

    constructor(
        GmxV2SimulatorDataStore store,
        GmxV2SimulatorOrderHandler handler,
        GmxV2SimulatorRouter tokens,
        IWnt wnt
    ) {
        STORE = store;
        HANDLER = handler;
        TOKENS = tokens;
        WNT = wnt;
    }

    /// @dev Every call keeps the sender: a delegatecall to this contract itself.
    function multicall(bytes[] calldata data) external payable returns (bytes[] memory results) {
        results = new bytes[](data.length);
        for (uint256 i = 0; i < data.length; ++i) results[i] = Address.functionDelegateCall(address(this), data[i]);
    }

    function sendWnt(address receiver, uint256 amount) external payable {
        if (amount == 0) return;
        WNT.deposit{value: amount}();
        IERC20(address(WNT)).safeTransfer(receiver, amount);
    }

    function sendTokens(address token, address receiver, uint256 amount) external payable {
        TOKENS.pluginTransfer(token, msg.sender, receiver, amount);
    }

    function createOrder(GmxV2CreateOrderParams calldata params) external payable returns (bytes32) {
        return HANDLER.createOrder(msg.sender, params);
    }

    function cancelOrder(bytes32 key) external payable {
        address account = STORE.getAddress(K.field(key, "ACCOUNT"));
        if (!STORE.containsBytes32(K.name("ORDER_LIST"), key)) revert EmptyOrder();
        if (account != msg.sender) revert Unauthorized(msg.sender, "account for cancelOrder");
        HANDLER.cancelOrder(key);
    }

    function setSavedCallbackContract(address market, address callbackContract) external payable {
        STORE.setAddress(K.ofToken("SAVED_CALLBACK_CONTRACT", msg.sender, market), callbackContract);
    }

    function claimFundingFees(
        address[] memory markets,
        address[] memory tokens,
        address receiver
    ) external payable returns (uint256[] memory amounts) {
        amounts = new uint256[](markets.length);
        for (uint256 i = 0; i < markets.length; ++i) {
            bytes32 key = K.ofAccount("CLAIMABLE_FUNDING_AMOUNT", markets[i], tokens[i], msg.sender);
            amounts[i] = STORE.getUint(key);
            STORE.setUint(key, 0);
            GmxV2SimulatorBank(payable(markets[i])).transferOut(tokens[i], receiver, amounts[i]);
        }
    }

    /// @dev After the delay all of it, or the part that a keeper granted earlier.
    function claimCollateral(
        address[] memory markets,
        address[] memory tokens,
        uint256[] memory timeKeys,
        address receiver
    ) external payable returns (uint256[] memory amounts) {
        amounts = new uint256[](markets.length);
        for (uint256 i = 0; i < markets.length; ++i) {
            uint256 factor = STORE.getUint(K.claimableFactor(markets[i], tokens[i], timeKeys[i]));
            uint256 since = timeKeys[i] * STORE.getUint(K.name("CLAIMABLE_COLLATERAL_TIME_DIVISOR"));
            if (factor == 0 && block.timestamp - since > STORE.getUint(K.name("CLAIMABLE_COLLATERAL_DELAY"))) {
                factor = 1e30;
            }
            bytes32 claimed = K.claimableCollateral(
                "CLAIMED_COLLATERAL_AMOUNT",
                markets[i],
                tokens[i],
                timeKeys[i],
                msg.sender
            );
            uint256 granted =
                (STORE.getUint(
                    K.claimableCollateral("CLAIMABLE_COLLATERAL_AMOUNT", markets[i], tokens[i], timeKeys[i], msg.sender)
                ) * factor) / 1e30;
            uint256 before = STORE.getUint(claimed);
            if (granted <= before) revert CollateralAlreadyClaimed(granted, before);
            STORE.setUint(claimed, granted);
            amounts[i] = granted - before;
            GmxV2SimulatorBank(payable(markets[i])).transferOut(tokens[i], receiver, amounts[i]);
        }
    }

    function dataStore() external view returns (address) {
        return address(STORE);
    }

    function orderHandler() external view returns (address) {
        return address(HANDLER);
    }

    function roleStore() external view returns (address) {
        return address(STORE.roleStore());
    }

    function router() external view returns (address) {
        return address(TOKENS);
    }
}
