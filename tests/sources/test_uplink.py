"""An outage of the network is told from the fault of a source by what fails together."""

from monitor.sources.uplink import WINDOW_S, Uplink

HOSTS = {"isw": "isw.example", "navy": "navy.example", "port": "port.example", "port-2": "port.example"}


def test_three_hosts_that_fail_without_a_response_are_an_outage_since_the_first():
    uplink = Uplink(HOSTS)
    assert [uplink.record_failure(name, at) for name, at in (("isw", 10.0), ("navy", 20.0), ("port", 30.0))] == [
        False,
        False,
        True,
    ]
    assert uplink.down_since == 10.0
    assert not uplink.record_failure("port-2", 40.0), "it is known already"
    assert uplink.record_response() == ("isw", "navy", "port", "port-2")
    assert uplink.down_since is None


def test_a_response_in_between_shows_that_the_network_works():
    uplink = Uplink(HOSTS)
    uplink.record_failure("isw", 10.0)
    uplink.record_failure("navy", 20.0)
    assert uplink.record_response() == ()
    assert not uplink.record_failure("port", 30.0)


def test_sources_of_one_host_are_no_outage():
    uplink = Uplink({"a": "port.example", "b": "port.example", "c": "port.example"})
    assert not any(uplink.record_failure(name, 10.0) for name in "abc")


def test_two_hosts_suffice_if_there_are_no_others():
    uplink = Uplink({"a": "port.example", "b": "navy.example"})
    assert not uplink.record_failure("a", 10.0)
    assert uplink.record_failure("b", 11.0)


def test_failures_far_apart_are_no_outage():
    uplink = Uplink(HOSTS)
    assert not any(
        uplink.record_failure(name, at) for name, at in (("isw", 0.0), ("navy", 2 * WINDOW_S), ("port", 4 * WINDOW_S))
    )
