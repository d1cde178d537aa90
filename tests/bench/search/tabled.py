"""The ten tasks on tables of real fits: durations are what the fits took."""

import functools

import real
import table
from task import Task


@functools.lru_cache(maxsize=None)
def opened(name, space_of):
    return table.Table(name, getattr(real, space_of)[name][0])


def tasks():
    def task(name, space):
        return Task(
            name,
            space,
            lambda values: opened(name, "PLAIN").look_up(values)[0],
            seconds=lambda values: opened(name, "PLAIN").look_up(values)[1],
            spread=0.1,
            real=True,
        )

    return [task(name, space) for name, (space, _) in real.PLAIN.items()]
