"""How phases in the register of schools are read: shown by `planner build --help`, kept by ``dfe_schools``."""

PHASE_HELP = """Phases in the register are read so:
  Primary, Middle deemed primary       primary
  Secondary, Middle deemed secondary   secondary
  All-through                          all-through: the roll is split by the policy's percentage, marked assumed
  Not applicable                       secondary for city technology colleges; other schools are left out with a note
  16 plus, Nursery                     left out with a note
Special schools, alternative provision and independent schools are left out too."""
