-- A receipt names the chain ends of the other devices of its site: they are found without reading all chains.
CREATE INDEX chain_site ON chain (site);
