"""What the stack costs a month for given volumes: an estimate from dated and sourced prices, no quotation."""
