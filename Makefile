# Two commands are all that a newcomer needs: make run, make test. Both bring what is missing.
PYTHON ?= python3
export PORT SANDBOX_PORT

.PHONY: run test check lock messages install bench quality screenshots clean

run:      ## start the whole desk on this machine (PORT=8000)
	@exec $(PYTHON) scripts/bootstrap.py run

test:     ## every test, on a real PostgreSQL and a real Valkey (ARGS="-k inbox")
	@exec $(PYTHON) scripts/bootstrap.py test $(ARGS)

check:    ## what a change must pass before its tests do
	@exec $(PYTHON) scripts/bootstrap.py check

install:  ## only bring what `make run` needs
	@exec $(PYTHON) scripts/bootstrap.py install

lock:     ## pin the requirements anew (ARGS="--upgrade")
	@exec $(PYTHON) scripts/bootstrap.py lock $(ARGS)

messages: ## bring the catalogues of locale/ up to date with the sources, and compile them
	@exec $(PYTHON) scripts/bootstrap.py messages

bench:    ## figures beside their targets (ARGS="--quick" leaves out a million)
	@exec $(PYTHON) scripts/bootstrap.py bench $(ARGS)

quality:  ## how well the desk judges, beside its targets (ARGS="--misses" says what was missed)
	@exec $(PYTHON) scripts/bootstrap.py quality $(ARGS)

screenshots: ## every page of the demo desk, in both themes and at a phone's width
	@exec $(PYTHON) scripts/bootstrap.py screenshots $(ARGS)

clean:    ## everything that make has brought; the data folder stays
	rm -rf .venv node_modules build staticfiles
