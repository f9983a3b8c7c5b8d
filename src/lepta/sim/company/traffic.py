"""How often each service is asked, hour by hour.

rate = mean * shape of the day * weekend factor * the day's luck * the hour's luck, scaled so that
the month's mean is the service's mean. The day's luck is log-normal; with the weekends it gives
the deviation of daily means that ServeGen shows (`day_to_day`).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lepta.sim.company.calendar import DAYS, day, next_day
from lepta.sim.company.figures import figure
from lepta.sim.company.services import SERVICES, Service

__all__ = ["expected_rates", "hourly_rates"]

HOUR_LUCK = 0.04
"""Our choice: deviation of an hour's mean rate around its forecastable part."""
SATURDAY = 5


def hourly_rates(random: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """Requests per second of every service: 720 hourly means each."""
    return {service.name: _rates(service, random) for service in SERVICES}


def expected_rates(
    past: Mapping[str, NDArray[np.float64]],
) -> dict[str, NDArray[np.float64]]:
    """The demand to plan the next 30 days for: what the busiest such hour of the month had.

    Per hour of the day, and apart for working days and weekends, the highest rate of the month. A
    fleet that carries it would have carried every hour of the month.
    """
    was = np.array([day(i).weekday() >= SATURDAY for i in range(DAYS)])
    will = np.array([next_day(i).weekday() >= SATURDAY for i in range(DAYS)])
    found = {}
    for name, rates in past.items():
        days = rates.reshape(DAYS, 24)
        most = np.where(will[:, None], days[was].max(axis=0), days[~was].max(axis=0))
        found[name] = most.ravel()
    return found


def _rates(service: Service, random: np.random.Generator) -> NDArray[np.float64]:
    shape = np.array(figure(service.day_shape).values)
    week = np.array([service.weekend if day(i).weekday() >= SATURDAY else 1.0 for i in range(DAYS)])
    known = float(np.std(week) / np.mean(week))
    luck = max(figure("day_to_day").value ** 2 - known**2, 0.03**2) ** 0.5
    days = week * random.lognormal(0.0, luck, DAYS)
    rates = np.outer(days, shape).ravel() * random.lognormal(0.0, HOUR_LUCK, DAYS * len(shape))
    scaled: NDArray[np.float64] = np.round(rates * service.mean_rate / rates.mean(), 4)
    return scaled
