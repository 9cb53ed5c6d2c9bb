"""Workers on several machines: told of work by PostgreSQL through tickets, killed at random, one plan a run all the same."""

import random
import sys
import time

import pytest
import sqlalchemy as sa
from stored import a_partnership, a_run, a_user, claim
from test_run_worker import all_plans, open_runs
from test_run_worker_killed import Worker, running, wait_for
from worlds_to_plan import bring, busy_world

from optimisation.ticket_worker import set_up_tickets
from planner.errors import PlannerError
from planner.store import RunState
