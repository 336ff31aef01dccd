"""Function Compute, as far as the scheduler plays it: begins invocations, lets them go on stop by stop, ends them, and invokes again."""

from __future__ import annotations

import json
import logging

from localcloud.fc.running.async_store import Kept
from localcloud.fc.running.destinations import Postman
from localcloud.fc.running.instance import Outcome
from tests.faults.functions import Answered, Asking, Ended, Instance, Invocation, Killed, Sleeping
from tests.faults.injected import EXPIRED, FAULTS, SLOW, SLOW_SECONDS, names_for
from tests.faults.laptop_services import PLACE
from tests.faults.mail import Message
from tests.faults.points import point_of
from tests.faults.world import Running, World

# The handlers log every failure, and here most are wanted.
logging.getLogger("sightline").addHandler(logging.NullHandler())
logging.getLogger("sightline").propagate = False
REQUEST_SECONDS = 0.02


def begin(world: World, name: str, function: str, message: Message | None, skew: float = 0) -> Running:
    declared = world.functions[function]
    clock = world.clock.skewed(skew)
    instance = Instance(function, world.environment(declared), declared.timeout, clock, world.chance, world.setup.change)
    event = message.event if message else b"{}"
    invocation = Invocation(name, instance, event, lambda request: world.serve(request, name))
    running = Running(invocation, message, world.clock.seconds(), declared.timeout, message.keys if message else ())
    world.running[name] = running
    about = f" with {message.name!r}, attempt {message.attempts + 1}" if message else ""
    world.tell(f"{name} begins{about}" + (f", its clock {skew:+g} s wrong" if skew else ""), *running.keys)
    return running


def one_stop(world: World, name: str, running: Running, fault: str) -> bool:
    """Let it go on to the next stop; whether the fault could happen here."""
    state, met = running.invocation.state, False
    if isinstance(state, Sleeping):
        world.clock.forward(state.seconds)
        running.invocation.go_on()
    elif isinstance(state, Asking | Answered):
        met = bool(fault) and fault in names_for(state, point_of(state.request))
        _meet(world, name, running, state, fault if met else "")
    if isinstance(running.invocation.state, Ended):
        _end(world, name, running)
    return met


def _meet(world: World, name: str, running: Running, state: Asking | Answered, fault: str) -> None:
    invocation, point = running.invocation, point_of(state.request)
    reached = (world.stops_at(running), fault or "-")
    world.history.reached[reached] = world.history.reached.get(reached, 0) + 1
    if fault:
        world.tell(f"{name}: {reached[0]}: {fault}", *filter(None, [world.key_of(point)]))
        _excuse(world, name)
    if fault in (SLOW, EXPIRED):
        _delay_or_expire(world, running, fault)
    elif fault:
        world.clock.forward(FAULTS[fault].seconds)
        order = FAULTS[fault].order(point, state.request)
        invocation.die() if isinstance(order, Killed) else invocation.go_on(order)
    elif isinstance(state, Asking):
        world.clock.forward(REQUEST_SECONDS)
        invocation.state = Answered(state.request, world.serve(state.request, name))
    else:
        invocation.go_on(state.response)


def _delay_or_expire(world: World, running: Running, fault: str) -> None:
    if fault == SLOW:
        world.clock.forward(SLOW_SECONDS)
    else:
        function = world.functions[running.invocation.instance.function]
        running.invocation.instance.environment.update(world.environment(function, expired=True))


def _excuse(world: World, name: str) -> None:
    """Between the service's answer and our fact a fault may cost a second job."""
    job = world.history.unnamed_job_of(name)
    if job is not None:
        job.is_excused = True


def end_late_ones(world: World) -> None:
    """Function Compute ends what takes longer than its timeout."""
    now = world.clock.seconds()
    for name, running in list(world.running.items()):
        if now - running.started > running.timeout:
            world.tell(f"{name} is ended after {running.timeout:g} s", *running.keys)
            _excuse(world, name)
            running.invocation.die()
            _end(world, name, running)


def _end(world: World, name: str, running: Running) -> None:
    del world.running[name]
    running.invocation.instance.close()
    ended, message = running.invocation.state, running.message
    assert isinstance(ended, Ended)
    if ended.error is None:
        world.tell(f"{name} ends: {json.dumps(ended.result, ensure_ascii=False)[:300]}", *running.keys)
        return
    world.tell(f"{name} fails: {type(ended.error).__name__} {str(ended.error)[:200]}", *running.keys)
    if message is None:
        return
    if message.attempts < world.functions[message.function].async_invoke_config.max_async_retry_attempts:
        world.mail[message.name] = message.again(world.clock.seconds())
    else:
        _bury(world, message, ended.error)


def _bury(world: World, message: Message, error: BaseException) -> None:
    """The retries are used up: the event goes where the project says."""
    function = world.functions[message.function]
    world.tell(f"the retries of {message.name!r} are used up", *message.keys)
    destination = function.async_invoke_config.destination_config.on_failure
    if destination is None:
        return
    now, outcome = world.clock.seconds(), Outcome(str(error).encode(), type(error).__name__)
    kept = Kept(
        request_id=message.name,
        task_id=message.name,
        function=function.function_name,
        payload=message.event,
        accepted=message.due,
        due=now,
        failures=message.attempts,
        refusals=0,
        live=True,
        status="Failed",
        started=now,
        ended=now,
        instance_id="",
        error=outcome.error_type,
        report=None,
    )

    def check(_function: str, action: str, resource: str) -> None:
        world.services.keyring.authority.check_service("fc.aliyuncs.com", function.role, action, resource)

    postman = Postman(world.services.mns, lambda _function, _event: None, PLACE.function_arn, check)
    report = postman.report(destination, kept, outcome, message.attempts + 1, now)
    postman.deliver(function.function_name, destination, report, message.name)
