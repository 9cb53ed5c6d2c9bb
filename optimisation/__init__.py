"""The maths: partnership and policy in, plan and bound out. Knows nothing of pages or files."""
