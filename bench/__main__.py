"""All benches, one after the other: what `make bench` runs. Tables are for bench/RESULTS.md; those with `--keep` put them there."""

from __future__ import annotations

from bench import laptop_cloud, pipeline, pipeline_sweep, search_latency, upload_to_search
from bench.cold_start import report
from bench.production import analysis, pictures, sound, text

if __name__ == "__main__":
    print("## From upload to searchable: `python -m bench.upload_to_search --rounds 20`\n")
    upload_to_search.main(["--rounds", "20"])
    print("\n## Searching 10,000 media: `python -m bench.search_latency --documents 10000`\n")
    search_latency.main(["--documents", "10000"])
    laptop_cloud.main(["--keep"])
    pipeline.main(["--keep"])
    pipeline_sweep.main(["--keep"])
    report.main(["--keep"])
    for production in (pictures, text, sound, analysis):
        production.main()
