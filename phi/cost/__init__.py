"""Monthly cost estimate of the stack for given volumes, from dated and sourced prices. It is not a quote."""
