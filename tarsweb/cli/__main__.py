from tarsweb.cli import main

main()
