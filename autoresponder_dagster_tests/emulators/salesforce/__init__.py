"""A small Salesforce org on loopback: `org` holds and judges records, `soql` reads queries, `app` speaks HTTP.

``python -m autoresponder_dagster_tests.emulators.salesforce`` starts one, so that live mode can be tried
without an org; tests use the fixture ``salesforce_org``.
"""
