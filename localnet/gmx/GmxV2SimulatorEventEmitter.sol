// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {GmxV2EventData} from "../../contracts/interfaces/external/gmx/GmxV2Types.sol";
import {GmxV2SimulatorRoleStore} from "./GmxV2SimulatorRoleStore.sol";
import {GmxV2SimulatorRoles} from "./GmxV2SimulatorRoles.sol";

/// @title Events of the simulated GMX, in the venue's three forms. LOCAL ONLY.
contract GmxV2SimulatorEventEmitter is GmxV2SimulatorRoles {
    event EventLog1(
        address msgSender,
        string eventName,
        string indexed eventNameHash,
        bytes32 indexed topic1,
        GmxV2EventData eventData
    );
    event EventLog2(
        address msgSender,
        string eventName,
        string indexed eventNameHash,
        bytes32 indexed topic1,
        bytes32 indexed topic2,
        GmxV2EventData eventData
    );

    constructor(GmxV2SimulatorRoleStore roleStore_) GmxV2SimulatorRoles(roleStore_) {}

    function emitEventLog1(
        string memory eventName,
        bytes32 topic1,
        GmxV2EventData memory eventData
    ) external onlyRole("CONTROLLER") {
        emit EventLog1(msg.sender, eventName, eventName, topic1, eventData);
    }

    function emitEventLog2(
        string memory eventName,
        bytes32 topic1,
        bytes32 topic2,
        GmxV2EventData memory eventData
    ) external onlyRole("CONTROLLER") {
        emit EventLog2(msg.sender, eventName, eventName, topic1, topic2, eventData);
    }
}
