from dlmanager.core.speed import SpeedMeter


def test_one_sample_is_no_speed():
    assert SpeedMeter().add(10.0, 500) is None


def test_speed_is_bytes_over_time():
    meter = SpeedMeter()
    meter.add(10.0, 0)
    assert meter.add(12.0, 3_000) == 1_500.0


def test_old_samples_are_forgotten():
    meter = SpeedMeter()
    for second in range(60):
        meter.add(float(second), 0)
    for second in range(60, 70):
        speed = meter.add(float(second), (second - 59) * 1_000)
    assert speed == 1_000.0


def test_a_stall_brings_the_speed_to_zero():
    meter = SpeedMeter()
    meter.add(0.0, 0)
    meter.add(1.0, 1_000)
    meter.add(2.0, 1_000)
    assert meter.add(8.0, 1_000) == 0.0


def test_a_part_that_is_cut_gives_no_negative_speed():
    meter = SpeedMeter()
    meter.add(0.0, 9_000)
    assert meter.add(1.0, 0) is None
    assert meter.add(2.0, 500) == 500.0


def test_two_samples_at_one_moment_are_no_speed():
    meter = SpeedMeter()
    meter.add(1.0, 0)
    assert meter.add(1.0, 100) is None
