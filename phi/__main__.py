from phi.cli import main

main()
