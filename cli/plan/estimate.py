"""What a month costs: a load, what it uses, and what that is at these prices."""

from __future__ import annotations

from dataclasses import dataclass

from cli.plan.cost import Bill, bill
from cli.plan.load import Load
from cli.plan.sizes import deployment_of
from cli.plan.usage import Deployment, Usage, usage_of
from cli.prices import Prices
from localcloud.fc.project.project import Project


@dataclass(frozen=True)
class Estimate:
    load: Load
    deployment: Deployment
    usage: Usage
    bill: Bill

    @classmethod
    def of(cls, load: Load, project: Project, prices: Prices) -> Estimate:
        """Raises CommandError for a project that is not of the four functions, and for rules that can't be read."""
        deployment = deployment_of(project, load)
        usage = usage_of(load, deployment)
        return cls(load, deployment, usage, bill(usage.quantities, prices))
